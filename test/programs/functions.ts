// The functions that random programs call: each with its types. All are of the values alone, and none lets the order of values be seen.
import type { Time } from 'millrace'
import { INTERVAL_MS } from './operator.ts'
import { fill, fit, listOf, pairOf, textOf, type Type, type Value } from './values.ts'

export interface Typed<F> {
  readonly from: Type
  readonly to: Type
  readonly f: F
}

const typed = <A, B>(from: Type, to: Type, f: (value: A) => B): Typed<(value: Value) => Value> => ({ from, to, f: f as unknown as (value: Value) => Value })
const lists = <A, B>(from: Type, to: Type, f: (value: A) => readonly B[]): Typed<(value: Value) => readonly Value[]> => ({
  from,
  to,
  f: f as unknown as (value: Value) => readonly Value[],
})
const pair = pairOf('K', 'V')

export const MAP: Readonly<Record<string, Typed<(value: Value) => Value>>> = {
  inc: typed('number', 'number', (n: number) => n + 1),
  negate: typed('number', 'number', (n: number) => 0 - n),
  mod3: typed('number', 'number', (n: number) => ((n % 3) + 3) % 3),
  half: typed('number', 'number', (n: number) => n / 2),
  toText: typed('number', 'string', (n: number) => String(n)),
  parity: typed('number', 'string', (n: number) => (n % 2 === 0 ? 'even' : 'odd')),
  length: typed('string', 'number', (s: string) => s.length),
  upper: typed('string', 'string', (s: string) => s.toUpperCase()),
  reverse: typed('string', 'string', (s: string) => [...s].reverse().join('')),
  first: typed('string', 'string', (s: string) => s.slice(0, 1)),
  json: typed('T', 'string', (x: Value) => textOf(x)),
  size: typed(listOf('T'), 'number', (list: readonly Value[]) => list.length),
  total: typed(listOf('number'), 'number', (list: readonly number[]) => list.reduce((a, b) => a + b, 0)),
  key: typed(pair, 'K', ([k]: readonly [Value, Value]) => k),
  value: typed(pair, 'V', ([, v]: readonly [Value, Value]) => v),
}

export const FLAT_MAP: Readonly<Record<string, Typed<(value: Value) => readonly Value[]>>> = {
  chars: lists('string', 'string', (s: string) => [...s]),
  words: lists('string', 'string', (s: string) => s.split(' ').filter((w) => w !== '')),
  upTo: lists('number', 'number', (n: number) => Array.from({ length: Math.max(0, Math.min(Math.floor(n), 4)) }, (_, i) => i)),
  twice: lists('T', 'T', (x: Value) => [x, x]),
  elements: lists(listOf('T'), 'T', (list: readonly Value[]) => list),
  ifEven: lists('number', 'number', (n: number) => (n % 2 === 0 ? [n] : [])),
  // A key that is NaN or -0 would be null or 0 as text: there are none.
  ends: lists(pairOf('K', 'V'), 'string', ([k, v]: readonly [Value, Value]) => [textOf(k), textOf(v)]),
}

export const FILTER: Readonly<Record<string, Typed<(value: Value) => Value>>> = {
  even: typed('number', 'number', (n: number) => n % 2 === 0),
  positive: typed('number', 'number', (n: number) => n > 0),
  short: typed('string', 'string', (s: string) => s.length <= 3),
  hasA: typed('string', 'string', (s: string) => s.includes('a')),
  oddText: typed('T', 'T', (x: Value) => textOf(x).length % 2 === 1),
  valuePositive: typed(pairOf('K', 'number'), pairOf('K', 'number'), ([, n]: readonly [Value, number]) => n > 0),
  none: typed('T', 'T', () => false),
}

/** To pairs. */
export const TO_PAIR: Readonly<Record<string, Typed<(value: Value) => Value>>> = {
  one: typed('K', pairOf('K', 'number'), (x: Value) => [x, 1]),
  all: typed('T', pairOf('number', 'T'), (x: Value) => [0, x]),
  mod3Key: typed('number', pairOf('number', 'number'), (n: number) => [((n % 3) + 3) % 3, n]),
  parityKey: typed('number', pairOf('string', 'number'), (n: number) => [n % 2 === 0 ? 'even' : 'odd', n]),
  tupleKey: typed('number', pairOf(pairOf('string', 'number'), 'number'), (n: number) => [[n % 2 === 0 ? 'even' : 'odd', Math.abs(n) % 2], n]),
  firstKey: typed('string', pairOf('string', 'string'), (s: string) => [s.slice(0, 1), s]),
  lengthKey: typed('string', pairOf('number', 'string'), (s: string) => [s.length, s]),
  lengthOf: typed('string', pairOf('string', 'number'), (s: string) => [s, s.length]),
  textKey: typed('T', pairOf('string', 'T'), (x: Value) => [textOf(x).slice(0, 3), x]),
  swap: typed(pairOf('T', 'K'), pairOf('K', 'T'), ([k, v]: readonly [Value, Value]) => [v, k]),
}

/** To any number of pairs. */
export const TO_PAIRS: Readonly<Record<string, Typed<(value: Value) => readonly Value[]>>> = {
  bothWays: lists(pairOf('K', 'K'), pairOf('K', 'K'), ([k, v]: readonly [Value, Value]) => [
    [k, v],
    [v, k],
  ]),
  letters: lists('string', pairOf('string', 'number'), (s: string) => [...s].map((c) => [c, s.length])),
  divisors: lists('number', pairOf('number', 'number'), (n: number) => [1, 2, 3].filter((d) => n % d === 0).map((d) => [d, n])),
}

type Reduce = (a: Value, b: Value) => Value
const reduces = <A>(type: Type, f: (a: A, b: A) => A): Typed<Reduce> => ({ from: type, to: type, f: f as unknown as Reduce })

/** Associative and commutative. */
export const REDUCE: Readonly<Record<string, Typed<Reduce>>> = {
  add: reduces('number', (a: number, b: number) => a + b),
  max: reduces('number', (a: number, b: number) => Math.max(a, b)),
  min: reduces('number', (a: number, b: number) => Math.min(a, b)),
  least: reduces('string', (a: string, b: string) => (a < b ? a : b)),
  greatest: reduces('string', (a: string, b: string) => (a > b ? a : b)),
}
export const add = (a: Value, b: Value): Value => (a as number) + (b as number)
export const subtract = (a: Value, b: Value): Value => (a as number) - (b as number)

/** Of updateStateByKey: what arrived of a key, its state, the key, the time. The state is a number. undefined: the key goes. */
export interface Update {
  readonly from: Type
  readonly f: (values: readonly Value[], state: number | undefined, key: Value, atMs: number) => number | undefined
  /** Is given key and time, too. */
  readonly timed?: true
}
const sum = (values: readonly Value[]): number => (values as readonly number[]).reduce((a, b) => a + b, 0)
export const UPDATE: Readonly<Record<string, Update>> = {
  sum: { from: 'number', f: (vs, s) => (s ?? 0) + sum(vs) },
  count: { from: 'T', f: (vs, s) => (s ?? 0) + vs.length },
  batches: { from: 'T', f: (_vs, s) => (s ?? 0) + 1 },
  sumWhileBusy: { from: 'number', f: (vs, s) => (vs.length === 0 ? undefined : (s ?? 0) + sum(vs)) },
  countBelow4: { from: 'T', f: (vs, s) => ((s ?? 0) + vs.length >= 4 ? undefined : (s ?? 0) + vs.length) },
  lastSeen: { from: 'T', f: (vs, s, _key, atMs) => (vs.length > 0 ? atMs : s !== undefined && atMs - s > 2.5 * INTERVAL_MS ? undefined : s), timed: true },
}

/** What a mapping does with a key's state: keeps it, sets it, removes it. */
export interface Cell {
  readonly state: number | undefined
  readonly timingOut: boolean
  update(state: number): void
  remove(): void
}
/** Of mapWithState. `unique`: only of streams with one value a key and batch, for it lets their order be seen. `to`: with K for the key. */
export interface Mapping {
  readonly from: Type
  readonly to: Type
  readonly unique?: true
  readonly f: (key: Value, value: Value, cell: Cell, atMs: number) => Value
}
const keyed = pairOf('K', 'number')
export const MAPPING: Readonly<Record<string, Mapping>> = {
  count: {
    from: 'T',
    to: keyed,
    f: (key, _value, cell) => {
      if (cell.timingOut) return [key, -(cell.state ?? 0)]
      cell.update((cell.state ?? 0) + 1)
      return [key, (cell.state ?? 0) + 1]
    },
  },
  once: {
    from: 'T',
    to: 'K',
    f: (key, _value, cell) => {
      if (cell.timingOut || cell.state !== undefined) return undefined
      cell.update(1)
      return key
    },
  },
  countTo3: {
    from: 'T',
    to: keyed,
    f: (key, _value, cell) => {
      if (cell.timingOut) return [key, 1000 + (cell.state ?? 0)]
      const n = (cell.state ?? 0) + 1
      if (n >= 3) cell.remove()
      else cell.update(n)
      return [key, n]
    },
  },
  sum: {
    from: 'number',
    to: keyed,
    unique: true,
    f: (key, value, cell) => {
      if (cell.timingOut) return [key, cell.state]
      cell.update((cell.state ?? 0) + (value as number))
      return [key, (cell.state ?? 0) + (value as number)]
    },
  },
  record: {
    from: 'number',
    to: keyed,
    unique: true,
    f: (key, value, cell) => {
      if (cell.timingOut || (cell.state !== undefined && (value as number) <= cell.state)) return undefined
      cell.update(value as number)
      return [key, value]
    },
  },
  since: {
    from: 'T',
    to: keyed,
    f: (key, _value, cell, atMs) => {
      if (cell.timingOut) return [key, -atMs]
      if (cell.state === undefined) cell.update(atMs)
      return [key, cell.state ?? atMs]
    },
  },
}

export const msOf = (time: Time): number => time.milliseconds

/** Names of the functions of a table that fit a type, and what they make of it. */
export function fitting<F extends { readonly from: Type; readonly to?: Type }>(
  table: Readonly<Record<string, F>>,
  type: Type,
): readonly { readonly fn: string; readonly to: Type }[] {
  return Object.entries(table).flatMap(([fn, { from, to }]) => {
    const bound = fit(from, type)
    return bound === undefined ? [] : [{ fn, to: to === undefined ? type : fill(to, bound) }]
  })
}
