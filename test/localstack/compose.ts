// What each batch consists of, computed from the records in the stream and what the logs say: a plain fold that imports only types.
import type { ReceiverEntry } from '../../lib/runtime/entries/entry.ts'
import type { StreamRecord } from './kinesis.ts'
import type { JobLogs, Numbered } from './log-reader.ts'

export interface ComposedBatch {
  readonly n: number
  readonly time: number
  /** In the order in which the batch sees them. */
  readonly records: readonly (StreamRecord & { readonly stream: string; readonly shard: string })[]
}

export interface Composition {
  readonly batches: readonly ComposedBatch[]
  /** What contradicts the design: each record is in its shard's log once, in order, and in one batch. */
  readonly problems: readonly string[]
}

interface Taken {
  readonly n: number
  readonly time: number
  readonly record: StreamRecord
}

/** `records`: by stream (the program's name), then by shard; of each the records as the engine counts them (aggregates taken apart). */
export function compose(
  intervalMs: number,
  records: ReadonlyMap<string, ReadonlyMap<string, readonly StreamRecord[]>>,
  { batches, receivers }: Pick<JobLogs, 'batches' | 'receivers'>,
): Composition {
  const problems: string[] = []
  const left = new Map<string, readonly Taken[]>()
  for (const [stream, shards] of records)
    for (const [shard, list] of shards)
      left.set(`${stream}/${shard}`, take(intervalMs, `${stream}/${shard}`, list, receivers.get(`${stream}/${shard}`) ?? [], problems))
  let previous = 0
  const composed = batches.map(({ n, time, rows }): ComposedBatch => {
    if (time <= previous || time % intervalMs !== 0) problems.push(`batch ${n} has the time ${time} after ${previous}`)
    previous = time
    const within: ComposedBatch['records'][number][] = []
    for (const { stream, shard, to, floor } of rows) {
      const stay: Taken[] = []
      for (const one of left.get(`${stream}/${shard}`) ?? []) {
        if (one.n <= to && Math.max(one.time, floor) <= time) within.push({ ...one.record, stream, shard })
        else stay.push(one)
      }
      left.set(`${stream}/${shard}`, stay)
    }
    return { n, time, records: within }
  })
  for (const [name, list] of left) if (list.length > 0) problems.push(`${name}: ${list.length} records are in no batch`)
  return { batches: composed, problems }
}

function take(
  intervalMs: number,
  name: string,
  records: readonly StreamRecord[],
  entries: readonly Numbered<ReceiverEntry>[],
  problems: string[],
): readonly Taken[] {
  const taken: Taken[] = []
  let maxTime = 0
  for (const { n, at, records: count, last, maxTime: said } of entries) {
    for (let i = 0; i < count; i++) {
      const record = records[taken.length]
      if (record === undefined) {
        problems.push(`rec/${name}#${n} holds more records than the stream`)
        return taken
      }
      maxTime = Math.max(maxTime, Math.min(record.arrivalMs, at))
      taken.push({ n, time: (Math.floor(maxTime / intervalMs) + 1) * intervalMs, record })
    }
    if (taken.at(-1)?.record.sequenceNumber !== last.sequenceNumber) problems.push(`rec/${name}#${n} ends at ${last.sequenceNumber}, not where its records end`)
    if (said !== maxTime) problems.push(`rec/${name}#${n} says maxTime ${said}, its records ${maxTime}`)
  }
  if (taken.length !== records.length) problems.push(`rec/${name} holds ${taken.length} of ${records.length} records`)
  return taken
}
