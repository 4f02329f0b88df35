import type { DatabaseSync } from 'node:sqlite'
import { storeError } from './store-error.ts'

/** What a run is: kept with its state from the first moment, so that it goes on as it began. */
export interface RunFacts {
  readonly job: string
  readonly startMs: number
  /** When streams over folders were made, on the wall. @default startMs */
  readonly createdMs?: number
  readonly shards: number
  /** null: as the program says. */
  readonly partitions: number | null
  readonly rate: number
  readonly keyField: string | null
  readonly timeField: string | null
  readonly timeScale: number
  /** By stream: a file's path and hash, or '-'. */
  readonly inputs: Readonly<Record<string, { readonly path: string; readonly hash: string | null }>>
  readonly output: string
}

/** What may differ from start to start; kept for who goes on without a command line (skip). */
export interface RunWishes {
  /** null: as fast as it goes. */
  readonly speed: number | null
  readonly drainMs: number
  readonly show: string | null
}

/** The table `run` of openDatabase: what the run is, its deploy number, whether it has finished. */
export class RunState {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** undefined: nothing has been run with this state. */
  get facts(): RunFacts | undefined {
    return this.#get('facts') as RunFacts | undefined
  }

  begin(facts: RunFacts): void {
    this.#set('facts', facts)
  }

  get wishes(): RunWishes | undefined {
    return this.#get('wishes') as RunWishes | undefined
  }

  wish(wishes: RunWishes): void {
    this.#set('wishes', wishes)
  }

  /** Whether all of a standard input is kept. */
  isWhole(stream: string): boolean {
    return this.#get(`whole/${stream}`) === true
  }

  setWhole(stream: string): void {
    this.#set(`whole/${stream}`, true)
  }

  get finished(): boolean {
    return this.#get('finished') === true
  }

  finish(): void {
    this.#set('finished', true)
  }

  /** Returns the deploy number of a plan: it rises whenever the plan is another than the last time. */
  deploy(fingerprint: string): number {
    const last = this.#get('deploy') as { readonly number: number; readonly fingerprint: string } | undefined
    if (last?.fingerprint === fingerprint) return last.number
    const number = (last?.number ?? 0) + 1
    this.#set('deploy', { number, fingerprint })
    return number
  }

  #get(name: string): unknown {
    const row = this.#db.prepare('SELECT value FROM run WHERE name = ?').get(name)
    return row === undefined ? undefined : JSON.parse(String(row['value']))
  }

  #set(name: string, value: unknown): void {
    try {
      this.#db.prepare('INSERT OR REPLACE INTO run (name, value) VALUES (?, ?)').run(name, JSON.stringify(value))
    } catch (cause) {
      throw storeError(`cannot write '${name}'`, this.#db.location() ?? 'memory', cause)
    }
  }
}
