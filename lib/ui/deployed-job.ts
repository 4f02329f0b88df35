import type { DescribedPlan } from '../plan/describe-plan.ts'
import type { Ports } from '../runtime/runtime.ts'
import type { DeployedJob } from '../tools/find-job.ts'
import type { SourceStatus } from '../tools/job-status.ts'
import { LogBatches } from '../tools/log-batches.ts'
import { readBehind } from '../tools/read-behind.ts'
import { readStatus } from '../tools/read-status.ts'
import { shellQuote } from '../values/shell-quote.ts'
import { LetterCount } from './letter-count.ts'
import type { Access, JobHead, ViewedJob } from './viewed-job.ts'

/** What Lambda says of mappings is asked again after this long, ms. */
const SOURCES_MS = 5_000
/** Dead letters are counted anew after this long, ms: it takes listings, which cost. */
const LETTERS_MS = 15_000

export interface DeployedOptions {
  readonly job: DeployedJob
  readonly ports: Pick<Ports, 'log' | 'progress' | 'objects'>
  readonly sources: () => Promise<readonly SourceStatus[]>
  /** What a command needs to find the job: `--local`, or a profile and a region. */
  readonly where: readonly string[]
}

/** A job on AWS, seen through its logs with the rights of `millrace status`. */
export class Deployed implements ViewedJob {
  readonly outputPrefix: string
  readonly #options: DeployedOptions
  readonly #batches: LogBatches
  readonly #letters = new LetterCount()
  #intervalMs: number | null = null
  #sources: { readonly atMs: number; readonly found: Promise<readonly SourceStatus[]> } | undefined

  constructor(options: DeployedOptions) {
    this.#options = options
    this.outputPrefix = options.job.environment.outputPrefix
    this.#batches = new LogBatches(options.ports)
  }

  head(): JobHead {
    const { job, where } = this.#options
    const name = job.environment.job
    const command = (verb: string): string =>
      ['npx', 'millrace', verb, name, ...where].map((word) => (/^--[a-z]+$/.test(word) ? word : shellQuote(word))).join(' ')
    return {
      job: name,
      kind: 'deployed',
      intervalMs: this.#intervalMs,
      wallIntervalMs: this.#intervalMs,
      noClock: null,
      state: 'running',
      error: null,
      startedMs: null,
      commands: {
        goOn: null,
        skip: command('skip'),
        retry: command('retry'),
        pause: command('pause'),
        resume: command('resume'),
        status: command('status'),
        dead: command('dead'),
      },
    }
  }

  /** The program is with the functions: the logs do not hold it. */
  program(): DescribedPlan | null {
    return null
  }

  nowMs(): number {
    return Date.now()
  }

  async look<T>(work: (access: Access) => Promise<T>): Promise<T> {
    const { job, ports } = this.#options
    if (this.#intervalMs === null) await this.#learnInterval()
    return work({
      ports,
      batches: this.#batches,
      status: async () => readStatus({ job, ports, sources: await this.#currentSources(), nowMs: this.nowMs() }),
      behind: async () => readBehind(ports, { sources: await this.#currentSources(), intervalMs: this.#intervalMs ?? 0, nowMs: this.nowMs() }),
      // A job may have run for years.
      totals: () => Promise.resolve(null),
      deadLetters: () => this.#letters.of(ports, job.environment.job, { nowMs: this.nowMs(), maxAgeMs: LETTERS_MS }),
    })
  }

  /** Batch times are multiples of the interval, and most batches are one interval apart. */
  async #learnInterval(): Promise<void> {
    const newest = await this.#batches.newest()
    const figures = await this.#batches.range(Math.max(0, newest - 20), newest)
    const apart = figures.slice(1).map(({ timeMs }, i) => timeMs - (figures[i]?.timeMs ?? 0))
    if (apart.length > 0) this.#intervalMs = Math.min(...apart)
  }

  #currentSources(): Promise<readonly SourceStatus[]> {
    const now = this.nowMs()
    if (this.#sources === undefined || now - this.#sources.atMs > SOURCES_MS) this.#sources = { atMs: now, found: this.#options.sources() }
    return this.#sources.found
  }
}
