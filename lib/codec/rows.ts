import { fromColumn, toColumn, type Column } from './columns.ts'
import { explainRefusal } from './explain-refusal.ts'
import { valuesOf } from './lazy-column.ts'
import { pack } from './pack.ts'
import { packPairs, unpackPairs, type Pairs } from './pairs.ts'
import { unpack } from './unpack.ts'
import { fromWire, Refusal, WireWriter } from './wire.ts'
import { MillraceError } from '../values/errors.ts'

export { compress, decompress } from './compress.ts'
export { lazyColumn, replaced, valuesOf } from './lazy-column.ts'
export { keyColumn, type Pairs } from './pairs.ts'
export { TextColumn } from './text-column.ts'

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
    const [special, wire] = unpack(packed) as readonly [boolean, unknown]
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
  return read(bytes, (packed) => fromColumn(unpack(packed) as Column))
}

/** Returns the bytes of encodeRows for the pairs. Throws BAD_VALUE. */
export function encodePairs(pairs: Pairs): Uint8Array {
  try {
    return packPairs(pairs)
  } catch (error) {
    throw error instanceof Refusal ? explainRefusal(valuesOf(pairs.values), 'values') : error
  }
}

/** Returns the pairs of the bytes of encodeRows or encodePairs; their values are made when they are asked for. Throws CORRUPT_ENTRY. */
export function decodePairs(bytes: Uint8Array): Pairs {
  return read(bytes, unpackPairs)
}

function read<T>(bytes: Uint8Array, meaning: (bytes: Uint8Array) => T): T {
  try {
    return meaning(bytes)
  } catch (cause) {
    throw new MillraceError(
      'CORRUPT_ENTRY',
      `${bytes.length} bytes do not decode: ${cause instanceof Error ? cause.message : String(cause)}; they are damaged, or were not written by encodeValue or encodeRows`,
      { cause },
    )
  }
}
