// In which batch each record must be: decided from records, deliveries and what the ports answered. Of the engine nothing is imported but types, and of its logs
// nothing is believed that says where a record belongs: no floor, no `to`, no time of a block or entry.
import type { BatchEntry, InputEntry } from '../../lib/runtime/entries/entry.ts'
import type { SimulatedShard } from '../../lib/testing/simulated-stream.ts'
import { START, type Batch, type Rec } from './folds.ts'
import type { ShardList } from './port-trace.ts'
import type { World } from './world.ts'

/** A record as it was received. */
export interface Received {
  readonly rec: Rec
  /** Entry of its shard's receiver log. */
  readonly n: number
  /** End of the interval that holds the running maximum, in its shard, of min(arrival, clock at delivery). */
  readonly time: number
}

/** An entry of a receiver log, as far as the bounds need it. */
export interface ReceivedEntry {
  readonly n: number
  /** When it was put, by the world's clock. */
  readonly putAt: number
  readonly records: number
  /** Of its blocks, by the time of their records and by partition: uncompressed bytes, a row as 64 at least. */
  readonly bytes: ReadonlyMap<number, ReadonlyMap<number, number>>
}

/** What one shard brought. */
export interface ShardLog {
  readonly stream: string
  readonly shard: SimulatedShard
  readonly records: readonly Received[]
  readonly entries: readonly ReceivedEntry[]
}

type Numbered<E> = E & { readonly n: number; readonly putAt: number }

interface Placed extends Received {
  /** Not before the last record of any ancestor. */
  readonly waits: number
  /** The same, but where it is not known who the ancestors are it may wait for more than must be: for what came in while its shard was registered. */
  readonly mayWait: number
  /** The batch that it must be in, if nothing excuses it: nor before the first batch. */
  readonly due: number
  /** The times of the batches that it may be in. One where the outputs show it; of a bad record nothing is put out, so its neighbours bound it. */
  from: number
  until: number
}

interface Partition extends ShardLog {
  readonly log: string
  /** Number of the entry that registers it; Infinity: none does. */
  readonly registered: number
  readonly ancestors: readonly Partition[]
  /** When the last record of its ancestors is due, at the least and at the most. */
  readonly floor: number
  readonly mayFloor: number
  readonly placed: readonly Placed[]
}

export interface Findings {
  readonly logs: readonly ShardLog[]
  readonly inputs: readonly Numbered<InputEntry>[]
  /** The batch time of each good record, by the outputs. */
  readonly seen: ReadonlyMap<string, number>
}

/** Returns what each batch held by its outputs, in the order of the design: input partition, position. Says what is there and should not be, or not there. */
export function place(world: World, batches: readonly Numbered<BatchEntry>[], findings: Findings, say: (text: string) => void): readonly Batch[] {
  const partitions = open(world, batches, findings)
  const court = courtOf(world, batches, partitions)
  for (const partition of partitions) for (const one of partition.placed) if (one.rec.bad !== true) check(court, { partition, one }, say)
  return batches.map(({ time }) => ({
    time,
    records: partitions.flatMap(({ stream, placed }) =>
      placed.filter(({ rec, from }) => rec.bad !== true && from === time).map(({ rec }) => ({ stream, rec })),
    ),
  }))
}

function open(world: World, batches: readonly Numbered<BatchEntry>[], { logs, inputs, seen }: Findings): readonly Partition[] {
  const first = batches[0]?.time ?? Infinity
  const opened = new Map<SimulatedShard, Partition>()
  const entryOf = (one: ShardLog): Numbered<InputEntry> | undefined => inputs.find((input) => input.stream === one.stream && input.shard === one.shard.id)
  const numberOf = (one: ShardLog): number => entryOf(one)?.n ?? Infinity
  // A shard is delivered, and so registered, after those that it came from.
  for (const one of logs.toSorted((a, b) => numberOf(a) - numberOf(b))) {
    const { stream, shard, records } = one
    const registered = numberOf(one)
    const older = [...opened.values()].filter((other) => other.stream === stream)
    const isKnown = isLineKnown(world.portTrace.shardLists.get(registered), shard.id, new Set(older.map((other) => other.shard.id)))
    // Where nobody could say whom a shard came from it is all that were there before it, as far as they had come when it was first in a batch's table.
    const before = isKnown ? lineOf(shard).flatMap((ancestor) => opened.get(ancestor) ?? []) : older
    const ancestors = [...new Set(before.flatMap((ancestor) => [ancestor, ...ancestor.ancestors]))]
    const known = isKnown ? Infinity : (entryOf(one)?.putAt ?? Infinity)
    const table = isKnown ? Infinity : (batches.find(({ n }) => (world.portTrace.absences.get(n)?.get('inputs') ?? Infinity) > registered)?.putAt ?? Infinity)
    const floor = Math.max(0, ...before.map((ancestor) => Math.max(ancestor.floor, lastBefore(ancestor, known)?.waits ?? 0)))
    const mayFloor = Math.max(floor, ...before.map((ancestor) => Math.max(ancestor.mayFloor, lastBefore(ancestor, table)?.mayWait ?? 0)))
    const placed = records.map((received): Placed => {
      const waits = Math.max(received.time, floor)
      const due = Math.max(waits, first)
      const at = received.rec.bad === true ? undefined : (seen.get(received.rec.id) ?? Infinity)
      return { ...received, waits, mayWait: Math.max(received.time, mayFloor), due, from: at ?? due, until: at ?? Infinity }
    })
    for (const [i, now] of placed.entries()) if (now.rec.bad === true) now.from = Math.max(now.due, placed[i - 1]?.from ?? 0)
    for (let i = placed.length - 2; i >= 0; i--) {
      const now = placed[i]
      if (now?.rec.bad === true) now.until = placed[i + 1]?.until ?? Infinity
    }
    opened.set(shard, { ...one, log: `rec/${stream}/${shard.id}`, registered, ancestors, floor, mayFloor, placed })
  }
  return [...opened.values()]
}

/** Returns the last record of what a shard had brought by then. */
function lastBefore({ entries, placed }: Partition, at: number): Placed | undefined {
  const last = entries.findLast(({ putAt }) => putAt < at)
  return last === undefined ? undefined : placed.findLast(({ n }) => n <= last.n)
}

/** Returns whom a shard came from: its parents, theirs, and so on. */
function lineOf(shard: SimulatedShard): readonly SimulatedShard[] {
  return shard.parents.flatMap((parent) => [parent, ...lineOf(parent)])
}

/** Whether a list of shards, and what was registered before, says whom a shard came from. */
function isLineKnown(list: ShardList | undefined, shard: string, registered: ReadonlySet<string>): boolean {
  const parents = list?.get(shard)
  return parents !== undefined && parents.every((parent) => (list?.has(parent) === true ? isLineKnown(list, parent, registered) : registered.has(parent)))
}

function check(
  { world, batches, excused }: Court,
  { partition, one }: { readonly partition: Partition; readonly one: Placed },
  say: (text: string) => void,
): void {
  const { rec, waits, mayWait, due, from: at } = one
  const name = `${rec.id} of ${partition.log}#${one.n}`
  const inSeconds = (time: number): string => `${(time - START) / 1000} s`
  if (at === Infinity) return say(`${name} was produced and is in no batch`)
  if (at < due) return say(`${name} is in the batch of ${inSeconds(at)}, before ${inSeconds(due)}, where it belongs`)
  const [first] = batches
  const latest = world.onGrids(Math.max(due, mayWait))
  if (at <= latest) return
  if (first !== undefined && world.onGrids(mayWait) < first.time && !excused(partition, one, first))
    return say(`${name} belongs into the batch of ${inSeconds(waits)}, and the first batch is that of ${inSeconds(first.time)}: nothing excuses it`)
  const before = batches.filter(({ time }) => time >= latest && time < at)
  const missed = before.find((batch) => !excused(partition, one, batch))
  if (missed !== undefined)
    return say(`${name} belongs into batch ${missed.n} (${inSeconds(missed.time)}) and is in that of ${inSeconds(at)}: nothing excuses it`)
  // Who had not seen it in one batch finds it for the next time of the grid.
  const last = before.at(-1)
  const next = last === undefined ? latest : world.onGrids(last.time + 1)
  if (at > next) say(`${name} is in the batch of ${inSeconds(at)} instead of ${inSeconds(next)}: no batch was made of that time`)
}

interface Court {
  readonly world: World
  readonly batches: readonly Numbered<BatchEntry>[]
  /** Whether anything excuses that a batch of the record's time, or a later one, went without it. */
  readonly excused: (partition: Partition, one: Placed, batch: Numbered<BatchEntry>) => boolean
}

function courtOf(world: World, batches: readonly Numbered<BatchEntry>[], partitions: readonly Partition[]): Court {
  const isMissed = remembering((of, one, batch) => isUnseen(world, of, one, batch) || isBeyondBounds(world, partitions, of, { one, batch }))
  const excused = remembering(
    (partition, one, batch) =>
      isMissed(partition, one, batch) ||
      // A child waits for its ancestors.
      partition.ancestors.some((ancestor) =>
        ancestor.placed.some((other) => other.due <= batch.time && other.until > batch.time && isMissed(ancestor, other, batch)),
      ),
  )
  return { world, batches, excused }
}

/** All records of an entry have the same answer. */
function remembering(ask: Court['excused']): Court['excused'] {
  const answers = new Map<string, boolean>()
  return (partition, one, batch) => {
    const key = `${batch.n} ${one.n} ${partition.log}`
    const answer = answers.get(key) ?? ask(partition, one, batch)
    answers.set(key, answer)
    return answer
  }
}

/** Whether the allocator's last read of the entry that registers the partition, of the record's entry, or of a lower one of its log answered that it is not there. */
function isUnseen(world: World, { log, registered }: Partition, { n }: Placed, batch: { readonly n: number }): boolean {
  const absent = world.portTrace.absences.get(batch.n)
  return (absent?.get('inputs') ?? Infinity) <= registered || (absent?.get(log) ?? Infinity) <= n
}

/**
 * Whether the bounds that semantics.md documents let the batch end before this record: it took something that was due of the same partition,
 * and with this entry the partition would have brought more records than it may, or with one more entry of each partition a task would hold more bytes.
 */
function isBeyondBounds(
  world: World,
  partitions: readonly Partition[],
  partition: Partition,
  { one, batch }: { readonly one: Placed; readonly batch: { readonly time: number } },
): boolean {
  const { maxRecords, maxBytes } = world.bounds
  if (!world.on.bounded) return false
  const { time } = batch
  const dueOf = (of: Partition): readonly Placed[] => of.placed.filter(({ due, until }) => due <= time && until >= time)
  const own = dueOf(partition)
  if (!own.some(({ from }) => from <= time)) return false
  const upTo = new Set(own.filter(({ n }) => n <= one.n).map(({ n }) => n))
  const records = partition.entries.filter(({ n }) => upTo.has(n)).reduce((sum, entry) => sum + entry.records, 0)
  if (records > maxRecords) return true
  const sizes = new Map<number, number>()
  for (const of of partitions) {
    const due = dueOf(of)
    // Entries of bad records alone weigh nothing: the next one is the first that the batch has certainly left.
    const next = due.find(({ from }) => from > time)?.n
    const held = new Set(due.filter(({ n, from }) => from <= time || n === next).map((each) => `${each.n} ${each.time}`))
    for (const entry of of.entries)
      for (const [blockTime, bytes] of entry.bytes)
        if (held.has(`${entry.n} ${blockTime}`)) for (const [p, size] of bytes) sizes.set(p, (sizes.get(p) ?? 0) + size)
  }
  return Math.max(0, ...sizes.values()) > maxBytes
}
