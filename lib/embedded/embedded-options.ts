import type { Ports, RuntimeEvent, RuntimeSettings } from '../runtime/runtime.ts'
import type { RunPage } from './views/run-page.ts'
import type { RunView } from './views/run-status.ts'

/** Where a stream's records come from: files (or patterns such as `logs/*.gz`), in the order of their names, or bytes that can be read only once and are therefore kept with the state. */
export type EmbeddedInput = { readonly path: string | readonly string[] } | { readonly stdin: AsyncIterable<Uint8Array> }

export interface EmbeddedOptions {
  /** By stream. A stream without one gets no records; a queueStream and a stream over a folder need none. */
  readonly inputs?: Readonly<Record<string, EmbeddedInput>>
  /** Folder of the state. @default './.millrace' */
  readonly state?: string | undefined
  /** Folder of the results. @default './out' */
  readonly output?: string | undefined
  /**
   * Seconds of stream time in a second; Infinity does not wait. A stream over a folder is never ahead of the wall, by which its files are modified:
   * with Infinity, said so, it ends with the files that are there now; else it is watched, and the run does not end. @default Infinity
   */
  readonly speed?: number | undefined
  /** Ends where a receiver has no more at the moment, instead of asking it for ever. @default false */
  readonly untilEnd?: boolean | undefined
  /** Records that arrive in a second of stream time. @default 1000 */
  readonly rate?: number | undefined
  /** Field of JSON lines that is the partition key. @default each line has its own */
  readonly keyField?: string | undefined
  /** Field of JSON lines by whose dates records arrive, instead of `rate`. */
  readonly timeField?: string | undefined
  /** What numbers in that field count. @default what the first one looks like */
  readonly timeUnit?: 's' | 'ms' | 'us' | 'ns' | undefined
  /** What becomes of a record whose date is far from its neighbours. @default 'keep': it arrives with the line before, and is counted */
  readonly timeOutliers?: 'keep' | 'drop' | 'fail' | 'believe' | undefined
  /** Begins a new input on the state of a finished run. @default false: a finished run starts over */
  readonly continue?: boolean | undefined
  /** How much faster than their dates records arrive. @default 1 */
  readonly timeScale?: number | undefined
  /** Simulated shards of each stream. @default 1 */
  readonly shards?: number | undefined
  /** numPartitions in place of the program's. */
  readonly partitions?: number | undefined
  /** When stream time begins, epoch ms. @default the next multiple of the batch interval */
  readonly startMs?: number | undefined
  /** Stream time to go on for after the end of the input. @default 0 */
  readonly drainMs?: number | undefined
  /** The newest rows of saveAsJsonFiles of this prefix are part of what the view shows. */
  readonly show?: string | undefined
  /** Where the run is shown. @default nowhere */
  readonly view?: RunView | undefined
  /** Shows the run as a web page. @default nowhere */
  readonly page?: RunPage | undefined
  /** Ends the run between two steps; what was read is kept. */
  readonly signal?: AbortSignal | undefined
  /** The job's file, for the command that an error message recommends. */
  readonly file?: string | undefined
  /** Hears what the engine does. */
  readonly observe?: ((event: RuntimeEvent) => void) | undefined
  /** For tests: smaller limits. */
  readonly settings?: Partial<RuntimeSettings> | undefined
  /** Puts something around the ports: for tests, which look, or fail. */
  readonly wrapPorts?: ((ports: Ports) => Ports) | undefined
}

/** A batch that has failed this often ends the run. */
export const MAX_ATTEMPTS = 3

export const DEFAULTS: {
  readonly state: string
  readonly output: string
  readonly rate: number
  readonly shards: number
  readonly timeScale: number
  readonly speed: number
} = { state: './.millrace', output: './out', rate: 1000, shards: 1, timeScale: 1, speed: Infinity }
