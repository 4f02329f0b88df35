import type { ReceiverEntry } from '../entries/entry.ts'
import { sizeOf } from '../logs/spill.ts'

/** What a batch may see of one receiver log. */
export interface BoundLog {
  /** Last entry that an earlier batch has seen. */
  readonly seen: number
  /** Entries that were read, by number, ascending. */
  readonly entries: ReadonlyMap<number, ReceiverEntry>
  /** Logs before this one, by index, of which all must be seen before anything of this one is. */
  readonly after: readonly number[]
  /** Entry up to which who waits for this log waits for it. */
  readonly holds: number
  /** The batch is of a time at which all that this log waits for is due: whom the bounds cut nothing off has nothing left of it. */
  readonly isOpen: boolean
  /** Whether a block of this time would be in the batch. */
  isDue(entry: ReceiverEntry, n: number, blockTime: number): boolean
}

export interface Bounds {
  /** Records per log, by whole entries. */
  readonly maxRecords: number
  /** Of the blocks of a batch for any one partition, all logs together: each task holds its part in memory. */
  readonly maxBytes: number
}

export interface Bounded {
  /** Last entry that the batch sees. */
  readonly to: number
  /** There is more that is due and that the bounds do not let through. */
  readonly cut: boolean
  /** Nothing is seen: a log that it waits for is held, or not seen up to what it holds. */
  readonly held: boolean
}

/** What a row costs at least: its object, however few its bytes are. */
const ROW_BYTES = 64
const HELD: Bounded = { to: -1, cut: false, held: true }

/**
 * Returns how far a batch sees into each log: to the last entry with something due. What was seen before stays seen; of what is new whole entries are taken as
 * far as the bounds go, at least one of each log where something is due, so a batch always makes progress. A log that waits for others takes what they leave:
 * it cannot make them wait. A function of what was read alone; the batch entry keeps its result.
 */
export function bound(logs: readonly BoundLog[], limits: Bounds): readonly Bounded[] {
  const results: Bounded[] = []
  const isSeen = (i: number): boolean => {
    const { to, held } = results[i] as Bounded
    return !held && to >= (logs[i]?.holds ?? -1)
  }
  // What it holds may have grown since for others, who were registered later.
  const isWhole = (i: number): boolean => results[i]?.held === false && results[i]?.cut === false
  const sizes = new Map<number, number>()
  let open = [...logs.keys()]
  while (open.length > 0) {
    const wave = open.filter((i) => logs[i]?.after.every((other) => results[other] !== undefined))
    if (wave.length === 0) throw new Error('input partitions wait for each other')
    const free = wave.filter((i) => logs[i]?.after.every((other) => isSeen(other) || (logs[i]?.isOpen === true && isWhole(other))))
    for (const i of wave) results[i] = HELD
    const found = boundWave(
      free.map((i) => logs[i] as BoundLog),
      sizes,
      limits,
    )
    free.forEach((i, j) => (results[i] = found[j] as Bounded))
    open = open.filter((i) => results[i] === undefined)
  }
  return results
}

/** Logs that wait for none of each other. `sizes`: what the batch takes already; it grows. */
function boundWave(logs: readonly BoundLog[], sizes: Map<number, number>, { maxRecords, maxBytes }: Bounds): readonly Bounded[] {
  const states = logs.map((log) => measure(log, maxRecords))
  for (const { seenBytes } of states) add(sizes, seenBytes)
  const rounds = Math.max(0, ...states.map(({ due }) => due.length))
  let round = 0
  for (; round < rounds; round++) {
    const more = new Map(sizes)
    for (const { due } of states) add(more, due[round]?.bytes ?? NOTHING)
    if (round > 0 && Math.max(0, ...more.values()) > maxBytes) break
    for (const [partition, bytes] of more) sizes.set(partition, bytes)
  }
  return states.map(({ due, to, cut }) => {
    const first = due[round]
    return first === undefined ? { to, cut, held: false } : { to: first.n - 1, cut: true, held: false }
  })
}

/** Bytes by partition. */
type Sizes = ReadonlyMap<number, number>

const NOTHING: Sizes = new Map()

function add(sizes: Map<number, number>, more: Sizes): void {
  for (const [partition, bytes] of more) sizes.set(partition, (sizes.get(partition) ?? 0) + bytes)
}

interface Measured extends Omit<Bounded, 'held'> {
  readonly seenBytes: Sizes
  /** New entries with something due, within the bound in records. */
  readonly due: readonly { readonly n: number; readonly bytes: Sizes }[]
}

function measure(log: BoundLog, maxRecords: number): Measured {
  const due: { n: number; bytes: Sizes }[] = []
  const seenBytes = new Map<number, number>()
  let records = 0
  let to = log.seen
  for (const [n, entry] of log.entries) {
    if (!entry.times.some((time) => log.isDue(entry, n, time))) continue
    const bytes = dueBytes(log, entry, n)
    if (n > log.seen && records > 0 && records + entry.records > maxRecords) return { to, cut: true, seenBytes, due }
    records += entry.records
    if (n <= log.seen) {
      add(seenBytes, bytes)
      continue
    }
    due.push({ n, bytes })
    to = n
  }
  return { to, cut: false, seenBytes, due }
}

function dueBytes(log: BoundLog, entry: ReceiverEntry, n: number): Sizes {
  const sizes = new Map<number, number>()
  for (const { time, partition, rows, data } of entry.blocks)
    if (log.isDue(entry, n, time)) sizes.set(partition, (sizes.get(partition) ?? 0) + Math.max(sizeOf(data), rows * ROW_BYTES))
  return sizes
}
