import { relative } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { BatchTable } from '../embedded/stores/batch-table.ts'
import { FolderObjects } from '../embedded/stores/folder-objects.ts'
import { readDatabase } from '../embedded/stores/read-database.ts'
import type { RunFacts } from '../embedded/stores/run-state.ts'
import { SplitObjects } from '../embedded/stores/split-objects.ts'
import { SqliteLog } from '../embedded/stores/sqlite-log.ts'
import { SqliteProgress } from '../embedded/stores/sqlite-progress.ts'
import type { BatchRecorder } from '../embedded/views/batch-recorder.ts'
import { describePlan, type DescribedPlan } from '../plan/describe-plan.ts'
import type { Plan } from '../plan/plan.ts'
import { BATCH_LOG } from '../runtime/entries/log-names.ts'
import { EntryReader } from '../tools/entry-reader.ts'
import { LogBatches } from '../tools/log-batches.ts'
import type { PartitionBehind } from '../tools/read-behind.ts'
import { readShards } from '../tools/read-shards.ts'
import { readStatus } from '../tools/read-status.ts'
import { describeValue } from '../values/describe-value.ts'
import { shellQuote } from '../values/shell-quote.ts'
import { LetterCount } from './letter-count.ts'
import { RunBatches, RunTotals } from './run-batches.ts'
import type { Access, JobHead, ViewedJob } from './viewed-job.ts'

/** Dead letters of a run that goes on are counted anew after this long, ms. */
const LETTERS_MS = 2_000
const NO_CLOCK = 'the run goes as fast as it can (--speed max): stream time does not follow the wall'

export interface EmbeddedJobOptions {
  readonly job: string
  readonly intervalMs: number | null
  readonly plan: Plan | null
  /** Seconds of stream time in a second. */
  readonly speed: number
  readonly facts: Pick<RunFacts, 'output'>
  readonly paths: { readonly database: string; readonly objects: string }
  readonly file: string | undefined
  /** The folder of the state as it was named. */
  readonly state: string
  readonly startedMs: number | null
}

/** A run in this folder: while it goes on its database is this process's own; afterwards it is opened for each look alone. */
export class EmbeddedJob implements ViewedJob {
  readonly outputPrefix = ''
  readonly #options: EmbeddedJobOptions
  readonly #program: DescribedPlan | null
  readonly #totals = new RunTotals()
  readonly #letters = new LetterCount()
  readonly #endLetters = new LetterCount()
  #live: { readonly db: DatabaseSync; readonly recorder: BatchRecorder } | undefined
  #end: { readonly state: JobHead['state']; readonly error: string | null } = { state: 'ended', error: null }

  constructor(options: EmbeddedJobOptions, live?: { readonly db: DatabaseSync; readonly recorder: BatchRecorder }) {
    this.#options = options
    this.#live = live
    this.#program = options.plan === null ? null : describePlan(options.plan, (path) => relative(process.cwd(), path))
  }

  /** From here on the run has ended, and its state is only read. */
  end(error: unknown): void {
    this.#live = undefined
    this.#end = error === undefined ? { state: 'ended', error: null } : { state: 'failed', error: describeFailure(error) }
  }

  head(): JobHead {
    const { job, intervalMs, speed, file, state, startedMs } = this.#options
    const where = state === './.millrace' ? '' : ` --state ${shellQuote(state)}`
    const command = (name: string): string | null => (file === undefined ? null : `npx millrace ${name} ${shellQuote(file)}${where}`)
    return {
      job,
      kind: 'embedded',
      intervalMs,
      wallIntervalMs: intervalMs === null || speed === Infinity ? null : intervalMs / speed,
      noClock: speed === Infinity ? NO_CLOCK : null,
      ...(this.#live === undefined ? this.#end : { state: 'running', error: null }),
      startedMs,
      commands: { goOn: command('run'), skip: command('skip'), retry: null, pause: null, resume: null, status: null, dead: command('dead') },
    }
  }

  program(): DescribedPlan | null {
    return this.#program
  }

  nowMs(): number {
    return Date.now()
  }

  async look<T>(work: (access: Access) => Promise<T>): Promise<T> {
    const live = this.#live
    if (live !== undefined) return work(this.#access(live.db, live.recorder))
    const { paths } = this.#options
    const db = readDatabase(paths.database)
    try {
      return await work(this.#access(db, undefined))
    } finally {
      db.close()
    }
  }

  #access(db: DatabaseSync, recorder: BatchRecorder | undefined): Access {
    const { facts, paths, job } = this.#options
    const objects = new SplitObjects({
      prefix: '_millrace/',
      inside: new FolderObjects(paths.objects, { readOnly: true }),
      outside: new FolderObjects(facts.output, { readOnly: true }),
    })
    const ports = { log: new SqliteLog(db), progress: new SqliteProgress(db), objects }
    const batches = new RunBatches({ table: tableOf(db), recorder, log: new LogBatches(ports, { wall: false }) })
    const reader = new EntryReader(ports.log)
    return {
      ports,
      batches,
      totals: () => this.#totals.upTo(batches),
      // Of a run that is over nothing changes.
      deadLetters: () =>
        this.#live === undefined
          ? this.#endLetters.of(ports, job, { nowMs: 0, maxAgeMs: Infinity })
          : this.#letters.of(ports, job, { nowMs: this.nowMs(), maxAgeMs: LETTERS_MS }),
      status: async () => {
        // Stream time has come as far as the newest batch.
        const head = await reader.newest('batch', BATCH_LOG)
        const nowMs = head?.entry.time ?? 0
        // There is but one program here, and it is the newest.
        const deploy = head?.entry.deploy ?? 0
        const environment = { job, taskTimeoutMs: Number.MAX_SAFE_INTEGER, batchingWindowMs: 0 }
        return readStatus({ job: { environment, deploys: { receive: deploy, run: deploy }, runFunction: '' }, ports, sources: [], nowMs })
      },
      behind: async (): Promise<readonly PartitionBehind[]> => {
        const head = await reader.newest('batch', BATCH_LOG)
        const { shards } = await readShards(reader, head?.entry ?? null, head?.entry.time ?? 0)
        const { wallIntervalMs, noClock } = this.head()
        // The wall is known of the run as a whole, not of each shard.
        const oldest = recorder?.oldestWaitingMs ?? null
        const ms = oldest === null ? 0 : Math.max(0, this.nowMs() - oldest)
        return shards.map(({ stream, shard }) => ({
          stream,
          shard,
          ms: wallIntervalMs === null ? null : ms,
          atLeast: false,
          writtenMs: null,
          why: noClock,
          off: false,
        }))
      },
    }
  }
}

/** undefined: of a run that was begun by a program that did not keep the table. */
function tableOf(db: DatabaseSync): BatchTable | undefined {
  const found = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'batches'").get()
  return found === undefined ? undefined : new BatchTable(db, { readOnly: true })
}

function describeFailure(error: unknown): string {
  return error instanceof Error ? error.message : describeValue(error)
}
