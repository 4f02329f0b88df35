import { Packr } from 'msgpackr'
import { fromColumn, toColumn } from './codec/columns.ts'
import { explainRefusal } from './codec/explain-refusal.ts'
import { fromWire, Refusal, WireWriter } from './codec/wire.ts'
import { MillraceError } from './errors.ts'

export { compress, decompress } from './codec/compress.ts'

/**
 * Values <-> bytes. What state, rows and keys may hold:
 * null, undefined, booleans, numbers (NaN, -0 and the infinities too), bigints of any size, strings (lone surrogates too), Date, Uint8Array, Map, Set, dense arrays,
 * and plain objects (own enumerable properties with string names, `__proto__` and `constructor` too), nested at most 100 deep.
 * Everything else is refused with BAD_VALUE and the path to it: functions, symbols, promises, instances of classes, other typed arrays, arrays with holes, values that hold themselves.
 *
 * What comes out is deep-equal to what went in and shares no memory with it or with the bytes. A Buffer comes out as a Uint8Array, an object without prototype as a plain object,
 * the same object held twice as two. The same values in the same order (properties too) give the same bytes.
 */
const packr = new Packr({ useRecords: false, variableMapSize: true })

/** Returns the bytes of one value. Throws BAD_VALUE. */
export function encodeValue(value: unknown): Uint8Array {
  const writer = new WireWriter()
  let wire: unknown
  try {
    wire = writer.write(value)
  } catch (error) {
    throw error instanceof Refusal ? explainRefusal(value, 'value') : error
  }
  return pack([writer.special, wire])
}

/** Returns the value of encodeValue's bytes. Throws CORRUPT_ENTRY. */
export function decodeValue(bytes: Uint8Array): unknown {
  return unpack(bytes, (packed) => {
    const [special, wire] = packed as readonly [boolean, unknown]
    return special ? fromWire(wire) : wire
  })
}

/** Returns the bytes of a batch of rows, column by column: keys with keys and values with values, numbers as typed arrays. Throws BAD_VALUE. */
export function encodeRows(rows: readonly unknown[]): Uint8Array {
  let column: unknown
  try {
    column = toColumn(rows)
  } catch (error) {
    throw error instanceof Refusal ? explainRefusal(rows, 'rows') : error
  }
  return pack(column)
}

/** Returns the rows of encodeRows' bytes. Throws CORRUPT_ENTRY. */
export function decodeRows(bytes: Uint8Array): unknown[] {
  return unpack(bytes, (packed) => fromColumn(packed as Parameters<typeof fromColumn>[0]))
}

function pack(value: unknown): Uint8Array {
  // The library packs into a large buffer of its own: a copy keeps what is small from holding on to it.
  return new Uint8Array(packr.pack(value))
}

function unpack<T>(bytes: Uint8Array, read: (packed: unknown) => T): T {
  try {
    // A view of our own: the library leaves a property on what it reads.
    return read(packr.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
  } catch (cause) {
    throw new MillraceError(
      'CORRUPT_ENTRY',
      `${bytes.length} bytes do not decode: ${cause instanceof Error ? cause.message : String(cause)}; they are damaged, or were not written by encodeValue or encodeRows`,
      { cause },
    )
  }
}
