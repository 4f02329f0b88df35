import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isOwned } from '../embedded/stores/open-database.ts'
import type { RunPage, ShownRun } from '../embedded/views/run-page.ts'
import { EmbeddedJob } from './embedded-job.ts'
import { servePage, type ServedPage } from './serve-page.ts'

/** How often a page that has stayed looks whether another process has opened the state, ms. */
const LOOK_MS = 1_000
/** So long a run waits for the port of the page that shows its state: an open tab goes on there. */
const TAKE_OVER_MS = 3_000
const RETRY_MS = 50

export interface EmbeddedPageOptions {
  /** The port, and no other; undefined: that of the page before, or the first that is free. */
  readonly port: number | undefined
}

/** Who shows a state, and where: beside the state's database. */
interface Note {
  readonly port: number
  readonly pid: number
}

/** The web page of a run in this process. */
export class EmbeddedPage implements RunPage {
  readonly #options: EmbeddedPageOptions
  #job: EmbeddedJob | undefined
  #page: ServedPage | undefined
  #database = ''

  constructor(options: EmbeddedPageOptions) {
    this.#options = options
  }

  get url(): string | undefined {
    return this.#page?.url
  }

  async open({ plan, run, recorder, speed, file, state }: ShownRun): Promise<string> {
    this.#database = run.paths.database
    this.#job = new EmbeddedJob(
      { job: plan.name, intervalMs: plan.intervalMs, plan, speed, facts: run.facts, paths: run.paths, file, state, startedMs: Date.now() },
      { db: run.db, recorder },
    )
    this.#page = await this.#serve(this.#job)
    writeNote(this.#database, { port: this.#page.port, pid: process.pid })
    return this.#page.url
  }

  changed(): void {
    this.#page?.changed()
  }

  end(error: unknown): void {
    this.#job?.end(error)
    this.#page?.changed()
  }

  /** Stays until it is told to stop, or another process has opened the state. */
  async stay(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && this.#page !== undefined && !isOwned(this.#database)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS)
        stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      })
    }
    await this.close()
  }

  async close(): Promise<void> {
    await this.#page?.close()
    if (this.#page !== undefined) removeNote(this.#database, process.pid)
    this.#page = undefined
  }

  async #serve(job: EmbeddedJob): Promise<ServedPage> {
    const { port } = this.#options
    if (port !== undefined) return servePage({ job, port })
    const before = readNote(this.#database)
    if (before !== undefined) {
      const untilMs = Date.now() + (isAlive(before.pid) ? TAKE_OVER_MS : 0)
      do {
        try {
          return await servePage({ job, port: before.port })
        } catch {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        }
      } while (Date.now() < untilMs)
    }
    return servePage({ job })
  }
}

function noteOf(database: string): string {
  return `${database.replace(/\.db$/, '')}.page.json`
}

function readNote(database: string): Note | undefined {
  try {
    const { port, pid } = JSON.parse(readFileSync(noteOf(database), 'utf8')) as Partial<Note>
    return Number.isInteger(port) && Number.isInteger(pid) ? { port: Number(port), pid: Number(pid) } : undefined
  } catch {
    // There is none, or it was half written by a process that was killed: then there is no page to wait for.
    return undefined
  }
}

function writeNote(database: string, note: Note): void {
  mkdirSync(dirname(database), { recursive: true })
  writeFileSync(noteOf(database), `${JSON.stringify(note)}\n`)
}

function removeNote(database: string, pid: number): void {
  // The next run may have written its own already.
  if (readNote(database)?.pid === pid) rmSync(noteOf(database), { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
