import { decodeEntry } from '../../lib/runtime/entries/entry-codec.ts'
import type { BatchEntry, Entry, InputEntry, ReceiverEntry, TaskEntry } from '../../lib/runtime/entries/entry.ts'
import type { Log } from '../../lib/runtime/ports/log.ts'
import { BATCH_LOG, INPUT_LOG, receiverLog, taskLog } from '../../lib/runtime/entries/log-names.ts'

export type Numbered<E> = E & { readonly n: number }

/** All logs of a job, as far as they have been read. */
export interface JobLogs {
  readonly batches: readonly Numbered<BatchEntry>[]
  /** By `stream/shard`, in the order of registration. */
  readonly receivers: ReadonlyMap<string, readonly Numbered<ReceiverEntry>[]>
  /** By `stage/partition`. */
  readonly tasks: ReadonlyMap<string, readonly Numbered<TaskEntry>[]>
}

/** Returns how many records the receiver logs hold. */
export function recordsIn({ receivers }: Pick<JobLogs, 'receivers'>): number {
  return [...receivers.values()].flat().reduce((sum, { records }) => sum + records, 0)
}

/** Reads a job's logs through the adapter, and each entry once. */
export class LogReader {
  readonly #log: Log
  readonly #known = new Map<string, Numbered<Entry>[]>()

  constructor(log: Log) {
    this.#log = log
  }

  async read(): Promise<JobLogs> {
    const inputs = await this.#readOn<InputEntry>(INPUT_LOG)
    const names = inputs.map(({ stream, shard }) => [`${stream}/${shard}`, receiverLog(stream, shard)] as const)
    // The batch log first: what its entries speak of is in the other logs by then.
    const batches = await this.#readOn<BatchEntry>(BATCH_LOG)
    const tasks = new Map(
      batches.flatMap((batch) =>
        batch.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, r) => [`${stage}/${r}`, taskLog(stage, r)] as const)),
      ),
    )
    return { batches, receivers: await this.#readAll<ReceiverEntry>(names), tasks: await this.#readAll<TaskEntry>([...tasks]) }
  }

  async #readAll<E extends Entry>(names: readonly (readonly [string, string])[]): Promise<ReadonlyMap<string, readonly Numbered<E>[]>> {
    return new Map(await Promise.all(names.map(async ([name, log]) => [name, await this.#readOn<E>(log)] as const)))
  }

  async #readOn<E extends Entry>(log: string): Promise<readonly Numbered<E>[]> {
    const known = this.#known.get(log) ?? []
    this.#known.set(log, known)
    const first = (known.at(-1)?.n ?? -1) + 1
    const newest = (await this.#log.newest(log))?.n ?? -1
    const keys = Array.from({ length: Math.max(0, newest + 1 - first) }, (_, i) => ({ log, n: first + i }))
    const found = await this.#log.getMany(keys, { consistent: true })
    // A task's log has no entries for batches in which its stage did not exist.
    found.forEach((bytes, i) => bytes !== null && known.push({ ...decodeEntry(bytes), n: first + i }))
    return [...known] as unknown as readonly Numbered<E>[]
  }
}
