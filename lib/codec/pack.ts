import { types } from 'node:util'
import { ARRAY, BIN, EXTENSION, FALSE, FLOAT, INT, MAP, NIL, SHORT_ARRAY, SHORT_MAP, SHORT_STR, STR, TRUE, UINT, type DirectBuffer } from './message-pack.ts'

const START_BYTES = 16 * 1024
/** A larger buffer is not kept for the next call: one large snapshot would hold its memory for good. */
const MAX_IDLE_BYTES = 4 * 1024 * 1024
/** Longer strings are faster through Buffer, for all that the call costs. */
const MAX_LOOP_CHARS = 48

let idle: Packer | undefined

/**
 * Returns the MessagePack of a value of null, undefined, booleans, numbers, well-formed strings, Uint8Arrays, arrays and objects, in memory of its own.
 * Throws TypeError for anything else.
 */
export function pack(value: unknown): Uint8Array {
  const packer = idle ?? new Packer()
  idle = undefined // a getter in the value may pack something itself
  const bytes = packer.pack(value)
  if (packer.sizeBytes <= MAX_IDLE_BYTES) idle = packer
  return bytes
}

function headBytes(length: number): number {
  return length < 0x20 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5
}

class Packer {
  #bytes!: DirectBuffer
  #view!: DataView
  #at = 0

  constructor() {
    this.#allocate(START_BYTES)
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }

  pack(value: unknown): Uint8Array {
    this.#at = 0
    this.#write(value)
    // A copy: what is small must not hold on to the buffer.
    return new Uint8Array(this.#bytes.subarray(0, this.#at))
  }

  #allocate(sizeBytes: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytes) as DirectBuffer
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Makes room for so many bytes more. */
  #reserve(sizeBytes: number): void {
    if (this.#at + sizeBytes <= this.#bytes.length) return
    const full = this.#bytes
    this.#allocate(Math.max(2 * full.length, this.#at + sizeBytes))
    this.#bytes.set(full.subarray(0, this.#at))
  }

  #write(value: unknown): void {
    this.#reserve(9) // what any number takes, and any first byte with a length
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
        return this.#number(value)
      case 'boolean':
        return this.#byte(value ? TRUE : FALSE)
      case 'undefined':
        this.#byte(EXTENSION)
        this.#byte(0)
        return this.#byte(0)
      case 'object':
        if (value === null) return this.#byte(NIL)
        if (Array.isArray(value)) return this.#array(value)
        return types.isUint8Array(value) ? this.#binary(value) : this.#object(value as Readonly<Record<string, unknown>>)
      default:
        throw new TypeError(`MessagePack holds no ${typeof value}`)
    }
  }

  #byte(byte: number): void {
    this.#bytes[this.#at++] = byte
  }

  /** An unsigned number of 1, 2 or 4 bytes behind the first byte that says so: `first`, and the two that follow it. */
  #sized(first: number, n: number): void {
    if (n < 0x100) {
      this.#byte(first)
      this.#byte(n)
    } else if (n < 0x10000) {
      this.#byte(first + 1)
      this.#view.setUint16(this.#at, n)
      this.#at += 2
    } else {
      this.#byte(first + 2)
      this.#view.setUint32(this.#at, n)
      this.#at += 4
    }
  }

  #number(n: number): void {
    if (n >>> 0 === n) {
      if (n < 0x80) this.#byte(n)
      else this.#sized(UINT, n)
    } else if ((n | 0) === n) {
      if (n >= -0x20) this.#byte(n)
      else if (n >= -0x80) {
        this.#byte(INT)
        this.#byte(n)
      } else if (n >= -0x8000) {
        this.#byte(INT + 1)
        this.#view.setInt16(this.#at, n)
        this.#at += 2
      } else {
        this.#byte(INT + 2)
        this.#view.setInt32(this.#at, n)
        this.#at += 4
      }
    } else {
      this.#byte(FLOAT)
      this.#view.setFloat64(this.#at, n)
      this.#at += 8
    }
  }

  #string(text: string): void {
    const { length } = text
    // UTF-8 has at most 3 bytes for a code unit.
    this.#reserve(5 + 3 * length)
    // The text is written behind the head that it would have if it were ASCII; where it turns out longer, it moves.
    const from = this.#at + headBytes(length)
    const bytes = length > MAX_LOOP_CHARS ? this.#bytes.utf8Write(text, from) : this.#utf8(text, from)
    const to = this.#at + headBytes(bytes)
    if (to !== from) this.#bytes.copyWithin(to, from, from + bytes)
    if (bytes < 0x20) this.#byte(SHORT_STR | bytes)
    else this.#sized(STR, bytes)
    this.#at = to + bytes
  }

  /** Writes a well-formed text, and returns how many bytes that takes. */
  #utf8(text: string, from: number): number {
    const bytes = this.#bytes
    let at = from
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit < 0x80) bytes[at++] = unit
      else if (unit < 0x800) {
        bytes[at++] = 0xc0 | (unit >> 6)
        bytes[at++] = 0x80 | (unit & 0x3f)
      } else if ((unit & 0xf800) !== 0xd800) {
        bytes[at++] = 0xe0 | (unit >> 12)
        bytes[at++] = 0x80 | ((unit >> 6) & 0x3f)
        bytes[at++] = 0x80 | (unit & 0x3f)
      } else return this.#bytes.utf8Write(text, from) // a pair of surrogates: rare
    }
    return at - from
  }

  #binary(value: Uint8Array): void {
    this.#sized(BIN, value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  #array(values: readonly unknown[]): void {
    const { length } = values
    if (length < 0x10) this.#byte(SHORT_ARRAY | length)
    else this.#long(ARRAY, length)
    for (let i = 0; i < length; i++) this.#write(values[i])
  }

  #object(value: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(value)
    if (names.length < 0x10) this.#byte(SHORT_MAP | names.length)
    else this.#long(MAP, names.length)
    for (const name of names) {
      this.#string(name)
      this.#write(value[name])
    }
  }

  /** A length of 2 or 4 bytes. */
  #long(first: number, length: number): void {
    if (length < 0x10000) {
      this.#byte(first)
      this.#view.setUint16(this.#at, length)
      this.#at += 2
    } else {
      this.#byte(first + 1)
      this.#view.setUint32(this.#at, length)
      this.#at += 4
    }
  }
}
