// The sparse form of the sketches that hash: a list of the hashes, or of what counts of them, in entries of 4 or 8 bytes.
import { SMALL_BYTES, type Building } from './sketch.ts'

/**
 * How a sketch keeps its list. Behind the header, whose last 4 bytes say how many entries are in order, stand these; then those that came since, in the order of arrival:
 * an entry is put in its place together with others, so that building a list of n costs n log n. A settled list is all in order.
 */
export interface ListShape {
  readonly headerBytes: number
  readonly entryBytes: 4 | 8
  /** Whether an entry is not needed since the one that stands behind it is there: equal, or of the same index and greater. */
  isCovered(high: number, low: number, byHigh: number, byLow: number): boolean
}

/** So many entries wait at least before they are put in their places. */
const MIN_WAITING = 16

/** Returns how many entries the list has. */
export function entriesOf({ headerBytes, entryBytes }: ListShape, list: Uint8Array): number {
  return (list.length - headerBytes) / entryBytes
}

/** Returns the first word of entry i, an unsigned integer. */
export function highAt({ headerBytes, entryBytes }: ListShape, list: Uint8Array, i: number): number {
  return word(list, headerBytes + i * entryBytes)
}

/** Returns the second word of entry i; 0 when entries have one. */
export function lowAt({ headerBytes, entryBytes }: ListShape, list: Uint8Array, i: number): number {
  return entryBytes === 8 ? word(list, headerBytes + i * entryBytes + 4) : 0
}

/** Returns the first of the entries in order that is not less. */
export function findEntry(shape: ListShape, list: Uint8Array, high: number, low: number): number {
  let from = 0
  let to = word(list, shape.headerBytes - 4)
  while (from < to) {
    const middle = (from + to) >> 1
    const order = highAt(shape, list, middle) - high || lowAt(shape, list, middle) - low
    if (order < 0) from = middle + 1
    else to = middle
  }
  return from
}

/** Returns whether a settled list has the entry. */
export function hasEntry(shape: ListShape, list: Uint8Array, high: number, low: number): boolean {
  return countEntry(shape, list, high, low) > 0
}

/** Returns how often a settled list has the entry. */
export function countEntry(shape: ListShape, list: Uint8Array, high: number, low: number): number {
  const first = findEntry(shape, list, high, low)
  let end = first
  while (end < entriesOf(shape, list) && highAt(shape, list, end) === high && lowAt(shape, list, end) === low) end++
  return end - first
}

/** Returns the list with one more entry; the same list when it is not needed. `building`: the memory of lists that may be written behind their end. */
export function addEntry(shape: ListShape, list: Uint8Array, high: number, low: number, building: Building<ArrayBufferLike>): Uint8Array {
  const { headerBytes, entryBytes } = shape
  const sorted = word(list, headerBytes - 4)
  const at = findEntry(shape, list, high, low)
  if (at < sorted && shape.isCovered(high, low, highAt(shape, list, at), lowAt(shape, list, at))) return list
  if (list.length + entryBytes <= SMALL_BYTES) {
    const replaces = at > 0 && shape.isCovered(highAt(shape, list, at - 1), lowAt(shape, list, at - 1), high, low)
    const from = headerBytes + (replaces ? at - 1 : at) * entryBytes
    const grown = new Uint8Array(list.length + (replaces ? 0 : entryBytes))
    grown.set(list.subarray(0, from))
    grown.set(list.subarray(headerBytes + at * entryBytes), from + entryBytes)
    writeEntry(grown, from, entryBytes, high, low)
    writeWord(grown, headerBytes - 4, sorted + (replaces ? 0 : 1))
    return grown
  }
  const waiting = entriesOf(shape, list) - sorted
  const before = waiting >= Math.max(MIN_WAITING, sorted >> 2) ? settleList(shape, list) : list
  const grown = withRoom(before, entryBytes, building)
  writeEntry(grown, before.length, entryBytes, high, low)
  return grown
}

/** Returns the list one entry longer: in the same memory, if that is ours and large enough. */
function withRoom(list: Uint8Array, entryBytes: number, building: Building<ArrayBufferLike>): Uint8Array {
  const length = list.length + entryBytes
  if (list.byteOffset === 0 && list.buffer.byteLength >= length && building.has(list.buffer)) return new Uint8Array(list.buffer, 0, length)
  const buffer = building.add(new ArrayBuffer(Math.ceil(length * 1.5)))
  const grown = new Uint8Array(buffer, 0, length)
  grown.set(list)
  return grown
}

/** Returns the list with all entries in order, those that are not needed left out: its bytes follow from what came. */
export function settleList(shape: ListShape, list: Uint8Array): Uint8Array {
  const { headerBytes, entryBytes } = shape
  const sorted = word(list, headerBytes - 4)
  if (sorted === entriesOf(shape, list)) return list
  const waiting = list.slice(headerBytes + sorted * entryBytes)
  sortEntries(waiting, entryBytes)
  const other = new Uint8Array(headerBytes + waiting.length)
  other.set(waiting, headerBytes)
  writeWord(other, headerBytes - 4, waiting.length / entryBytes)
  return mergeSettled(shape, list.subarray(0, headerBytes + sorted * entryBytes), other)
}

/** Returns a settled list of the entries of both, behind the header of `a`. */
export function mergeLists(shape: ListShape, a: Uint8Array, b: Uint8Array): Uint8Array {
  return mergeSettled(shape, settleList(shape, a), settleList(shape, b))
}

function mergeSettled(shape: ListShape, a: Uint8Array, b: Uint8Array): Uint8Array {
  const { headerBytes, entryBytes } = shape
  const [m, n] = [entriesOf(shape, a), entriesOf(shape, b)]
  const merged = new Uint8Array(headerBytes + (m + n) * entryBytes)
  merged.set(a.subarray(0, headerBytes))
  let [i, j, count, lastHigh, lastLow] = [0, 0, 0, 0, 0]
  while (i < m || j < n) {
    const order = i >= m ? 1 : j >= n ? -1 : highAt(shape, a, i) - highAt(shape, b, j) || lowAt(shape, a, i) - lowAt(shape, b, j)
    const high = order <= 0 ? highAt(shape, a, i) : highAt(shape, b, j)
    const low = order <= 0 ? lowAt(shape, a, i++) : lowAt(shape, b, j++)
    if (count > 0 && shape.isCovered(lastHigh, lastLow, high, low)) count--
    writeEntry(merged, headerBytes + count * entryBytes, entryBytes, high, low)
    count++
    lastHigh = high
    lastLow = low
  }
  writeWord(merged, headerBytes - 4, count)
  return count === m + n ? merged : merged.slice(0, headerBytes + count * entryBytes)
}

function sortEntries(entries: Uint8Array, entryBytes: 4 | 8): void {
  const view = new DataView(entries.buffer)
  const n = entries.length / entryBytes
  if (entryBytes === 4)
    Uint32Array.from({ length: n }, (_, i) => view.getUint32(4 * i))
      .sort()
      .forEach((entry, i) => view.setUint32(4 * i, entry))
  else
    BigUint64Array.from({ length: n }, (_, i) => view.getBigUint64(8 * i))
      .sort()
      .forEach((entry, i) => view.setBigUint64(8 * i, entry))
}

function writeEntry(bytes: Uint8Array, at: number, entryBytes: 4 | 8, high: number, low: number): void {
  writeWord(bytes, at, high)
  if (entryBytes === 8) writeWord(bytes, at + 4, low)
}

function word(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}
