import { SMALL_BYTES, type Building } from './sketch.ts'
import { addEntry, entriesOf, highAt, lowAt, mergeLists, settleList, type ListShape } from './sorted-list.ts'

/** What is special about a sketch that is a list of hashes until its cells are smaller. */
export interface Forms {
  readonly shape: ListShape
  /** The bytes that say which sketch it is. One byte for the form and, of a list, four for its order follow. */
  readonly header: Uint8Array
  /** So many bytes the cells take. */
  readonly cellBytes: number
  readonly building: Building<ArrayBufferLike>
  /** Takes one entry of the list into the cells, which begin at CELLS of the dense bytes. */
  put(dense: Uint8Array, high: number, low: number): void
  /** Takes the cells of another dense sketch in. */
  putAll(dense: Uint8Array, other: Uint8Array): void
}

const SPARSE = 0
const DENSE = 1
/** What stands between header and entries of a list: form and order. */
export const LIST_HEADER = 5

export function isSparse({ header }: Forms, sketch: Uint8Array): boolean {
  return sketch[header.length] === SPARSE
}

/** Returns a list without entries. */
export function emptyList({ header }: Forms): Uint8Array {
  return Uint8Array.of(...header, SPARSE, 0, 0, 0, 0)
}

/** Returns the sketch with one more entry; a dense one of our own is changed in place. */
export function add(forms: Forms, sketch: Uint8Array, high: number, low: number): Uint8Array {
  if (!isSparse(forms, sketch)) {
    const mine = forms.building.has(sketch.buffer) ? sketch : owned(forms, new Uint8Array(sketch))
    forms.put(mine, high, low)
    return mine
  }
  const list = addEntry(forms.shape, sketch, high, low, forms.building)
  return isTooLong(forms, list) ? owned(forms, smaller(forms, settleList(forms.shape, list))) : list
}

/** Returns the sketch in the form that follows from what it has seen. */
export function settle(forms: Forms, sketch: Uint8Array): Uint8Array {
  return isSparse(forms, sketch) ? settleList(forms.shape, sketch) : sketch
}

/** Returns the settled sketch, as one that is not changed any more: it may be a row that others hold, too. */
export function finish(forms: Forms, sketch: Uint8Array): Uint8Array {
  const settled = settle(forms, sketch)
  forms.building.release(settled.buffer)
  return settled
}

/** Returns the sketch of both, settled; changes neither. */
export function merge(forms: Forms, a: Uint8Array, b: Uint8Array): Uint8Array {
  if (isSparse(forms, a) && isSparse(forms, b)) return smaller(forms, mergeLists(forms.shape, a, b))
  const [dense, other] = isSparse(forms, a) ? [b, a] : [a, b]
  const merged = new Uint8Array(dense)
  if (isSparse(forms, other)) putList(forms, merged, other)
  else forms.putAll(merged, other)
  return merged
}

function isTooLong({ shape, cellBytes }: Forms, list: Uint8Array): boolean {
  return entriesOf(shape, list) * shape.entryBytes > cellBytes
}

/** The form that is smaller. */
function smaller(forms: Forms, list: Uint8Array): Uint8Array {
  if (!isTooLong(forms, list)) return list
  const { header, cellBytes } = forms
  const dense = new Uint8Array(header.length + 1 + cellBytes)
  dense.set(header)
  dense[header.length] = DENSE
  putList(forms, dense, list)
  return dense
}

function putList(forms: Forms, dense: Uint8Array, list: Uint8Array): void {
  for (let i = 0; i < entriesOf(forms.shape, list); i++) forms.put(dense, highAt(forms.shape, list, i), lowAt(forms.shape, list, i))
}

function owned({ building }: Forms, dense: Uint8Array): Uint8Array {
  // Of small arrays V8 makes a buffer only when it is asked for: copying them is cheaper.
  if (dense.length > SMALL_BYTES) building.add(dense.buffer)
  return dense
}
