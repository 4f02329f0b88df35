import type { ReceiverEntry } from './entry.ts'

/** What a batch may see of one receiver log. */
export interface BoundLog {
  /** Last entry that an earlier batch has seen. */
  readonly seen: number
  /** Last entry that there is, as far as is known. */
  readonly end: number
  /** Entries that were read, by number, ascending. */
  readonly entries: ReadonlyMap<number, ReceiverEntry>
  /** Whether what was not read is due later. */
  readonly restIsLater: boolean
  /** Whether a block of this time would be in the batch. */
  isDue(entry: ReceiverEntry, n: number, blockTime: number): boolean
}

export interface Bounds {
  /** Records per log, by whole entries. */
  readonly maxRecords: number
  /** Of the blocks of a batch, all logs together. */
  readonly maxBytes: number
  /** See all there is, unless that would be too much; else no more than what is due. */
  readonly toEnd: boolean
}

export interface Bounded {
  /** Last entry that the batch sees. */
  readonly to: number
  /** There is more that the bounds do not let through. */
  readonly cut: boolean
}

/** What a row costs at least: its object, however well its bytes were compressed. */
const ROW_BYTES = 64

/**
 * Returns how far a batch sees into each log. What was seen before stays seen; of what is new whole entries are taken as far as the bounds go, at least one
 * of each log where something is due, so a batch always makes progress. A function of what was read alone; the batch entry keeps its result.
 */
export function bound(logs: readonly BoundLog[], { maxRecords, maxBytes, toEnd }: Bounds): readonly Bounded[] {
  const states = logs.map((log) => measure(log, { maxRecords, toEnd }))
  let bytes = states.reduce((sum, { seenBytes }) => sum + seenBytes, 0)
  const rounds = Math.max(0, ...states.map(({ due }) => due.length))
  let round = 0
  for (; round < rounds; round++) {
    const more = states.reduce((sum, { due }) => sum + (due[round]?.bytes ?? 0), 0)
    if (round > 0 && bytes + more > maxBytes) break
    bytes += more
  }
  return states.map(({ due, to, cut }) => {
    const first = due[round]
    return first === undefined ? { to, cut } : { to: first.n - 1, cut: true }
  })
}

interface Measured extends Bounded {
  readonly seenBytes: number
  /** New entries with something due, within the bound in records. */
  readonly due: readonly { readonly n: number; readonly bytes: number }[]
}

function measure(log: BoundLog, { maxRecords, toEnd }: Pick<Bounds, 'maxRecords' | 'toEnd'>): Measured {
  const due: { n: number; bytes: number }[] = []
  let seenBytes = 0
  let records = 0
  let waiting = 0
  let to = log.seen
  let last = log.seen
  for (const [n, entry] of log.entries) {
    last = Math.max(last, n)
    const isDue = entry.times.some((time) => log.isDue(entry, n, time))
    const bytes = isDue ? dueBytes(log, entry, n) : 0
    if (n <= log.seen) {
      seenBytes += bytes
      if (isDue) records += entry.records
      else waiting += entry.records
      continue
    }
    if (isDue && records > 0 && records + entry.records > maxRecords) return { to: n - 1, cut: true, seenBytes, due }
    if (isDue) records += entry.records
    else waiting += entry.records
    if (isDue) due.push({ n, bytes })
    if (isDue) to = n
  }
  if (!toEnd) return { to, cut: false, seenBytes, due }
  // What is seen now and due later can be bounded no more.
  const tooMuch = waiting > maxRecords || (last < log.end && (maxRecords < Infinity || !log.restIsLater))
  return { to: tooMuch ? to : log.end, cut: tooMuch, seenBytes, due }
}

function dueBytes(log: BoundLog, entry: ReceiverEntry, n: number): number {
  let bytes = 0
  for (const block of entry.blocks)
    if (log.isDue(entry, n, block.time)) bytes += Math.max('inline' in block.data ? block.data.inline.length : block.data.length, block.rows * ROW_BYTES)
  return bytes
}
