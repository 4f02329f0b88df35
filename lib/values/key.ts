import { describeValue } from './describe-value.ts'
import { MillraceError } from './errors.ts'
import { finishHash, hashString, mixWord } from './hash.ts'

/**
 * What may be a key. Keys are values: `['a', 1]` equals `['a', 1]`, `1` is neither `'1'` nor `1n`, NaN equals NaN, 0 and -0 are one key.
 * The last member only makes TypeScript infer tuples.
 */
export type Key = string | number | boolean | bigint | null | readonly Key[] | readonly []

/** The type of keys that some keys are examples of: of `'ann'` it is string, of `['a', 1]` [string, number]. */
export type Widened<K> = K extends readonly unknown[] ? { readonly [I in keyof K]: WidenedPart<K[I]> } : WidenedPart<K>
type WidenedPart<K> = K extends string ? string : K extends number ? number : K extends boolean ? boolean : K extends bigint ? bigint : K

/** Tuples in tuples, at most this deep: also what finds a tuple that holds itself. */
export const MAX_KEY_DEPTH = 32

/** Throws BAD_VALUE unless the value may be a key. `where` names who wants one: `reduceByKey 'totals'`. */
export function assertKey(value: unknown, where: string): asserts value is Key {
  assertPart(value, value, where, 0)
}

/** Whether the value may be a key. */
export function isKey(value: unknown): value is Key {
  return isPart(value, 0)
}

function isPart(part: unknown, depth: number): boolean {
  if (typeof part === 'object') return part === null || (Array.isArray(part) && depth < MAX_KEY_DEPTH && part.every((p) => isPart(p, depth + 1)))
  return typeof part !== 'undefined' && typeof part !== 'function' && typeof part !== 'symbol'
}

function assertPart(part: unknown, key: unknown, where: string, depth: number): void {
  switch (typeof part) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return
    case 'object':
      if (part === null) return
      if (!Array.isArray(part)) break
      if (depth >= MAX_KEY_DEPTH) {
        throw new MillraceError('BAD_VALUE', `${where}: a key nests tuples more than ${MAX_KEY_DEPTH} deep, or holds itself; flatten it`)
      }
      for (let i = 0; i < part.length; i++) assertPart(part[i], key, where, depth + 1)
      return
    default:
  }
  const what = part === key ? describeValue(part) : `a tuple with ${describeValue(part)} in it`
  throw new MillraceError(
    'BAD_VALUE',
    `${where}: a key is ${what}; a key must be a string, number, boolean, bigint, null or an array of these: ${remedy(part)}`,
  )
}

function remedy(part: unknown): string {
  if (part === undefined) return 'use null for "no key", and look whether the function that makes the key returns one'
  if (typeof part !== 'object' || part === null) return 'take a name or number that identifies it'
  if (part instanceof Date) return 'use date.getTime() or date.toISOString()'
  if (part instanceof Uint8Array) return "use Buffer.from(bytes).toString('hex')"
  if (part instanceof Map || part instanceof Set) return 'use an array of its sorted elements'
  if (typeof (part as { readonly then?: unknown }).then === 'function') return 'a key cannot be awaited; look it up in a static table'
  return 'use the fields that identify it, as in [user.country, user.id]'
}

const NULL = 1
const FALSE = 2
const TRUE = 3
const NUMBER = 4
const BIGINT = 5
const STRING = 6
const TUPLE = 7

/** Returns the place of a key's type in the order of keys; also the first byte of its canonical bytes. */
export function keyTag(key: Key): number {
  switch (typeof key) {
    case 'string':
      return STRING
    case 'number':
      return NUMBER
    case 'boolean':
      return key ? TRUE : FALSE
    case 'bigint':
      return BIGINT
    default:
      return key === null ? NULL : TUPLE
  }
}

/**
 * Orders keys as their canonical bytes are ordered (canonical-bytes.ts): null, false, true, numbers (NaN last), bigints, strings by UTF-16 code unit, tuples element by element.
 * Negative: `a` first; 0: the same key.
 */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a === b ? 0 : 1
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b)
  const tag = keyTag(a)
  const difference = tag - keyTag(b)
  if (difference !== 0 || tag < NUMBER) return difference
  if (tag === TUPLE) return compareTuples(a as readonly Key[], b as readonly Key[])
  return (a as bigint) < (b as bigint) ? -1 : a === b ? 0 : 1
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

function compareTuples(a: readonly Key[], b: readonly Key[]): number {
  const both = Math.min(a.length, b.length)
  for (let i = 0; i < both; i++) {
    const order = compareKeys(a[i] as Key, b[i] as Key)
    if (order !== 0) return order
  }
  return a.length - b.length
}

const float = new DataView(new ArrayBuffer(8))

/** Returns a hash of the key, an unsigned 32-bit integer: the same for equal keys, in every process and every version, since it says where a key's state lives. */
export function hashKey(key: Key): number {
  switch (typeof key) {
    case 'string':
      return hashString(key, STRING)
    case 'number':
      // All NaNs are one key; + 0 makes -0 and 0 one.
      float.setFloat64(0, Number.isNaN(key) ? NaN : key + 0)
      return finishHash(mixWord(mixWord(NUMBER, float.getUint32(4)), float.getUint32(0)), 8)
    case 'boolean':
      return finishHash(key ? TRUE : FALSE, 0)
    case 'bigint':
      return hashBigint(key)
    default:
      return key === null ? finishHash(NULL, 0) : hashTuple(key)
  }
}

function hashBigint(key: bigint): number {
  const negative = key < 0n
  let rest = negative ? -key : key
  let h = mixWord(BIGINT, negative ? 1 : 0)
  let words = 1
  for (; rest > 0n; rest >>= 32n, words++) h = mixWord(h, Number(rest & 0xffffffffn))
  return finishHash(h, words)
}

function hashTuple(key: readonly Key[]): number {
  let h = TUPLE
  for (let i = 0; i < key.length; i++) h = mixWord(h, hashKey(key[i] as Key))
  return finishHash(h, key.length)
}

/** Returns the partition of `numPartitions` that the key lives in. */
export function partitionOf(key: Key, numPartitions: number): number {
  return numPartitions === 1 ? 0 : hashKey(key) % numPartitions
}

/** Returns the key as text, for messages and listings: another text for every key. Strings stand in quotes, bigints end in n. */
export function keyToString(key: Key): string {
  switch (typeof key) {
    case 'string':
      return JSON.stringify(key)
    case 'bigint':
      return `${key}n`
    case 'object':
      return key === null ? 'null' : `[${key.map(keyToString).join(', ')}]`
    default:
      return String(key)
  }
}
