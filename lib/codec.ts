import { fromColumn, toColumn, TUPLES, type Column } from './codec/columns.ts'
import { explainRefusal } from './codec/explain-refusal.ts'
import { columnOf, lazyColumn, openColumn, type LazyColumn } from './codec/lazy-column.ts'
import { pack } from './codec/pack.ts'
import { unpack } from './codec/unpack.ts'
import { fromWire, Refusal, WireWriter } from './codec/wire.ts'
import { MillraceError } from './errors.ts'

export { compress, decompress } from './codec/compress.ts'
export { lazyColumn, replaced } from './codec/lazy-column.ts'

// Values <-> bytes. What state, rows and keys may hold:
// null, undefined, booleans, numbers (NaN, -0 and the infinities too), bigints of any size, strings (lone surrogates too), Date, Uint8Array, Map, Set, dense arrays,
// and plain objects (own enumerable properties with string names, `__proto__` and `constructor` too), nested at most 100 deep.
// Everything else is refused with BAD_VALUE and the path to it: functions, symbols, promises, instances of classes, other typed arrays, arrays with holes, values that hold themselves.
//
// What comes out is deep-equal to what went in and shares no memory with it or with the bytes. A Buffer comes out as a Uint8Array, an object without prototype as a plain object,
// the same object held twice as two. The same values in the same order (properties too) give the same bytes.

/** Returns the bytes of one value. Throws BAD_VALUE. */
export function encodeValue(value: unknown): Uint8Array {
  try {
    const writer = new WireWriter()
    const wire = writer.write(value)
    return pack([writer.special, wire])
  } catch (error) {
    throw error instanceof Refusal ? explainRefusal(value, 'value') : error
  }
}

/** Returns the value of encodeValue's bytes. Throws CORRUPT_ENTRY. */
export function decodeValue(bytes: Uint8Array): unknown {
  return read(bytes, (packed) => {
    const [special, wire] = packed as readonly [boolean, unknown]
    return special ? fromWire(wire) : wire
  })
}

/** Returns the bytes of a batch of rows, column by column: keys with keys and values with values, numbers as typed arrays. Throws BAD_VALUE. */
export function encodeRows(rows: readonly unknown[]): Uint8Array {
  try {
    return pack(toColumn(rows))
  } catch (error) {
    throw error instanceof Refusal ? explainRefusal(rows, 'rows') : error
  }
}

/** Returns the rows of encodeRows' bytes. Throws CORRUPT_ENTRY. */
export function decodeRows(bytes: Uint8Array): unknown[] {
  return read(bytes, (packed) => fromColumn(packed as Column))
}

/** Pairs as two columns. */
export interface Pairs {
  readonly keys: LazyColumn
  readonly values: LazyColumn
}

/** Returns the bytes of encodeRows for the pairs; values that nobody has made are not made for it. Throws BAD_VALUE. */
export function encodePairs({ keys, values }: Pairs): Uint8Array {
  return pack([TUPLES, keys.length, columnOf(keys), columnOf(values)])
}

/** Returns the pairs of the bytes of encodeRows or encodePairs, their values made when they are asked for. Throws CORRUPT_ENTRY. */
export function decodePairs(bytes: Uint8Array): Pairs {
  return read(bytes, (packed) => {
    const column = packed as Column
    if (column[0] === TUPLES && column.length === 4) {
      const [keys, values] = [openColumn(column[2] as Column), openColumn(column[3] as Column)]
      if (keys.length !== column[1] || values.length !== keys.length)
        throw new Error(`${keys.length} keys and ${values.length} values where there are ${String(column[1])} pairs`)
      return { keys, values }
    }
    const rows = fromColumn(column) as (readonly [unknown, unknown])[]
    return { keys: lazyColumn(rows.map(([key]) => key)), values: lazyColumn(rows.map(([, value]) => value)) }
  })
}

function read<T>(bytes: Uint8Array, meaning: (packed: unknown) => T): T {
  try {
    return meaning(unpack(bytes))
  } catch (cause) {
    throw new MillraceError(
      'CORRUPT_ENTRY',
      `${bytes.length} bytes do not decode: ${cause instanceof Error ? cause.message : String(cause)}; they are damaged, or were not written by encodeValue or encodeRows`,
      { cause },
    )
  }
}
