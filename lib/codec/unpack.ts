import { ARRAY, BIN, EXTENSION, FALSE, FLOAT, INT, MAP, NIL, SHORT_ARRAY, SHORT_MAP, SHORT_STR, STR, TRUE, UINT, type DirectBuffer } from './message-pack.ts'

/** Values nest 100 deep, and what MessagePack cannot tell by itself takes up to three levels of arrays for one: deeper than this nothing is written. */
const MAX_DEPTH = 400
/** No more than this is allocated because bytes say so; a longer array grows as its elements are found. */
const MAX_TRUSTED_LENGTH = 16 * 1024
/** Of a longer part V8 makes no copy, so that one key would keep all of the text alive. */
const MAX_SUBSTRING = 12
/** So many short strings are made one by one before all bytes are turned into a text that the others are parts of. */
const FEW_STRINGS = 16

// The reader's place. Reading is synchronous and calls nothing of the user's, so there is never a second one; variables take half the time of fields.
const NOTHING = Buffer.alloc(0) as DirectBuffer
let bytes = NOTHING
let at = 0
let strings = 0
let text = ''

/**
 * Returns the value of pack's bytes. Uint8Arrays in it are views of the bytes.
 * Throws Error where the bytes are anything else, end early or go on: lengths are believed only as far as there are bytes.
 */
export function unpack(packed: Uint8Array): unknown {
  bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength) as DirectBuffer
  at = 0
  strings = 0
  try {
    const value = read(0)
    if (at < bytes.length) throw new Error(`the value ends at byte ${at}, but more follows`)
    return value
  } finally {
    bytes = NOTHING
    text = ''
  }
}

function read(depth: number): unknown {
  const first = bytes[at]
  if (first === undefined) throw short()
  at++
  if (first < SHORT_MAP) return first
  if (first >= 0xe0) return first - 0x100
  if (first < SHORT_ARRAY) return object(first & 0x0f, depth)
  if (first < SHORT_STR) return array(first & 0x0f, depth)
  if (first < NIL) return string(first & 0x1f)
  switch (first) {
    case NIL:
      return null
    case FALSE:
      return false
    case TRUE:
      return true
    case BIN:
    case BIN + 1:
    case BIN + 2:
      return binary(number(1 << (first - BIN)))
    case FLOAT:
      return bytes.readDoubleBE(take(8))
    case UINT:
    case UINT + 1:
    case UINT + 2:
      return number(1 << (first - UINT))
    case INT:
      return (number(1) << 24) >> 24
    case INT + 1:
      return (number(2) << 16) >> 16
    case INT + 2:
      return number(4) | 0
    case EXTENSION:
      if (number(2) === 0) return undefined
      break
    case STR:
    case STR + 1:
    case STR + 2:
      return string(number(1 << (first - STR)))
    case ARRAY:
    case ARRAY + 1:
      return array(number(2 << (first - ARRAY)), depth)
    case MAP:
    case MAP + 1:
      return object(number(2 << (first - MAP)), depth)
    default:
  }
  throw new Error(`byte ${at - 1} is 0x${first.toString(16)}, which begins nothing that is written here`)
}

/** Goes past so many bytes, and returns where they begin. */
function take(length: number): number {
  const from = at
  if (length > bytes.length - from) throw short()
  at = from + length
  return from
}

function short(): Error {
  return new Error(`the ${bytes.length} bytes end in the middle of a value`)
}

function number(width: number): number {
  let n = 0
  for (let i = take(width); i < at; i++) n = n * 0x100 + (bytes[i] as number)
  return n
}

function string(length: number): string {
  const from = take(length)
  if (length > MAX_SUBSTRING) return bytes.utf8Slice(from, at)
  for (let i = from; i < at; i++) if ((bytes[i] as number) >= 0x80) return bytes.utf8Slice(from, at)
  if (++strings <= FEW_STRINGS) return bytes.latin1Slice(from, at)
  if (text === '') text = bytes.latin1Slice(0, bytes.length)
  return text.substring(from, at)
}

function binary(length: number): Uint8Array {
  const from = take(length)
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, length)
}

/** Every element takes a byte at least. */
function check(length: number, depth: number): void {
  if (length > bytes.length - at) throw short()
  if (depth >= MAX_DEPTH) throw new Error(`byte ${at - 1} begins something nested more than ${MAX_DEPTH} deep`)
}

function array(length: number, depth: number): unknown[] {
  check(length, depth)
  if (length === 2) return [read(depth + 1), read(depth + 1)]
  const values = new Array<unknown>(Math.min(length, MAX_TRUSTED_LENGTH))
  for (let i = 0; i < length; i++) values[i] = read(depth + 1)
  return values
}

function object(length: number, depth: number): object {
  check(2 * length, depth)
  const result: Record<string, unknown> = {}
  for (let i = 0; i < length; i++) {
    const name = read(depth + 1)
    if (typeof name !== 'string' || name === '__proto__') throw new Error(`a property before byte ${at} is not named by a string, or __proto__`)
    result[name] = read(depth + 1)
  }
  return result
}
