import { PLAIN, type Column } from './columns.ts'
import { ARRAY, SHORT_ARRAY, SHORT_STR, STR, type DirectBuffer } from './message-pack.ts'

/** Texts of ASCII, kept as the MessagePack in which they are stored, and compared there: one of 13 characters takes 18 bytes instead of 40, and none is made when they are read or written. */
export class TextColumn {
  readonly holdsObjects = false
  /** What pack makes of the texts, without the head of their array. */
  readonly #bytes: DirectBuffer
  /** Where each begins, and where the last one ends; undefined: all are of `stride` bytes, as identifiers often are, and nothing has to be looked up. */
  readonly #offsets: Uint32Array | undefined
  readonly #stride: number
  readonly length: number

  private constructor(bytes: DirectBuffer, offsets: Uint32Array) {
    const stride = offsets[1] ?? 0
    this.#bytes = bytes
    this.length = offsets.length - 1
    this.#stride = stride
    this.#offsets = offsets.every((offset, i) => offset === i * stride) ? undefined : offsets
  }

  /** Returns a copy of the column that pack has written at this place, and where it ends there; undefined: it is another, or holds other texts. */
  static read(bytes: Uint8Array, from: number): { readonly texts: TextColumn; readonly end: number } | undefined {
    if (bytes[from] !== (SHORT_ARRAY | 2) || bytes[from + 1] !== PLAIN) return undefined
    const head = bytes[from + 2] ?? 0
    const width = head === ARRAY ? 2 : head === ARRAY + 1 ? 4 : 0
    if (width === 0 && (head & 0xf0) !== SHORT_ARRAY) return undefined
    const count = width === 0 ? head & 0x0f : uint(bytes, from + 3, width)
    const start = from + 3 + width
    // Every text takes a byte at least: damaged bytes must not ask for all memory.
    if (!(count <= bytes.length - start)) return undefined
    const offsets = new Uint32Array(count + 1)
    let at = start
    for (let i = 0; i < count; i++) {
      offsets[i] = at - start
      const first = bytes[at] ?? 0
      const sized = first >= STR && first < STR + 3 ? 1 << (first - STR) : 0
      if (sized === 0 && (first & 0xe0) !== SHORT_STR) return undefined
      const length = sized === 0 ? first & 0x1f : uint(bytes, at + 1, sized)
      if (headBytes(length) !== 1 + sized || !(length <= bytes.length - at)) return undefined
      at += 1 + sized
      const end = at + length
      if (end > bytes.length) return undefined
      for (; at < end; at++) if ((bytes[at] as number) >= 0x80) return undefined
    }
    offsets[count] = at - start
    const own = Buffer.allocUnsafeSlow(at - start) as DirectBuffer
    own.set(bytes.subarray(start, at))
    return { texts: new TextColumn(own, offsets), end: at }
  }

  #begin(index: number): number {
    return this.#offsets === undefined ? index * this.#stride : (this.#offsets[index] as number)
  }

  at(index: number): string {
    const end = this.#begin(index + 1)
    const size = end - this.#begin(index)
    const length = size - (size <= 0x20 ? 1 : size < 0x102 ? 2 : size < 0x10003 ? 3 : 5)
    return this.#bytes.latin1Slice(end - length, end)
  }

  /** Whether a text equals this one. */
  is(index: number, text: string): boolean {
    const bytes = this.#bytes
    const { length } = text
    const from = this.#begin(index) + headBytes(length)
    if (this.#begin(index + 1) - from !== length) return false
    for (let i = 0; i < length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false
    return true
  }

  get column(): Column {
    return [PLAIN, Array.from({ length: this.length }, (_, i) => this.at(i))]
  }

  /** Returns what pack makes of the column. */
  packed(): Uint8Array {
    const count = this.length
    const head = [SHORT_ARRAY | 2, PLAIN]
    if (count < 0x10) head.push(SHORT_ARRAY | count)
    else if (count < 0x10000) head.push(ARRAY, count >>> 8, count & 0xff)
    else head.push(ARRAY + 1, count >>> 24, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff)
    return Buffer.concat([Uint8Array.from(head), this.#bytes])
  }
}

/** Of the first byte and the length behind it, in the shortest form. */
function headBytes(length: number): number {
  return length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5
}

function uint(bytes: Uint8Array, from: number, width: number): number {
  let n = 0
  for (let i = from; i < from + width; i++) n = n * 0x100 + (bytes[i] ?? NaN)
  return n
}
