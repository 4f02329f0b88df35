import type { DatabaseSync } from 'node:sqlite'
import { storeError } from './store-error.ts'

/** What a run knows of a file that it reads; path '-': a standard input, or another pipe. */
export interface FileFact {
  readonly path: string
  /** SHA-256; null: of a pipe. */
  readonly hash: string | null
  readonly sizeBytes?: number
  readonly records?: number
  /** Bytes of a last line without its end. */
  readonly openBytes?: number | null
}

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
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns' | null
  readonly timeOutliers?: 'keep' | 'drop' | 'fail' | 'believe' | null
  /** With `timeField`: the date at which stream time begins, by the files of all streams; null: they have none; undefined: of a state of before, each stream's own. */
  readonly firstDateMs?: number | null
  /** Lines of standard inputs arrive when they arrive. */
  readonly live?: boolean
  /** By stream. */
  readonly inputs: Readonly<Record<string, readonly FileFact[]>>
  readonly output: string
  /** Of a run that began on the state of a finished one (--continue). */
  readonly part?: RunPart
}

/** A new input on the state of a finished run: its input partitions are its own, so no fence takes its records for those of the run before. */
export interface RunPart {
  /** How many runs have finished on this state before. */
  readonly number: number
  /** The first of its simulated shards. */
  readonly firstShard: number
  /** The first batch that is its own. */
  readonly firstBatch: number
  /** Time of the batch before that: what folders had taken by then is taken. */
  readonly afterMs: number
  /** By stream: records at the beginning of a file that has grown since, which the run before has taken. */
  readonly taken: Readonly<Record<string, number>>
}

/** Where a run begins that is the first on its state. */
export const FIRST_PART: RunPart = { number: 0, firstShard: 0, firstBatch: 0, afterMs: -1, taken: {} }

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
    const facts = this.#get('facts') as RunFacts | undefined
    if (facts === undefined) return undefined
    // A state of version 0.1.0 has one file in place of a list.
    const inputs = Object.fromEntries(
      Object.entries(facts.inputs).map(([stream, files]) => [stream, Array.isArray(files) ? files : [files as unknown as FileFact]]),
    )
    return { ...facts, inputs }
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

  /** Begins a new input on the state of a finished run. */
  continue(facts: RunFacts): void {
    this.#db.exec('BEGIN')
    this.#set('facts', facts)
    this.#set('finished', false)
    this.#db.exec('COMMIT')
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
