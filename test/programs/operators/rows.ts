import { FILTER, fitting, FLAT_MAP, MAP, TO_PAIR, TO_PAIRS } from '../functions.ts'
import { each, type Offer, type Operator, pairs, type Stream, values } from '../operator.ts'
import { isPairs, pairOf, type Type, type Value, type ValuePair } from '../values.ts'
import type { Key, Pair } from 'millrace'

type Table = Readonly<Record<string, { readonly from: Type; readonly to: Type }>>

const offered = (table: Table, weight: number, { type, slide }: Stream): readonly Offer[] => {
  const all = fitting(table, type)
  return all.map(({ fn, to }) => ({ weight: weight / all.length, node: { fn }, stream: { type: to, slide, unique: false } }))
}
/** Of the values of pairs. */
const ofValues = (table: Table, weight: number, { type, slide, unique }: Stream): readonly Offer[] => {
  if (!isPairs(type)) return []
  const [key, value] = type.pair
  const all = fitting(table, value)
  return all.map(({ fn, to }) => ({ weight: weight / all.length, node: { fn }, stream: { type: pairOf(key, to), slide, unique } }))
}
const one = (fn: string | undefined, table: Readonly<Record<string, { readonly f: (value: Value) => Value }>>): ((value: Value) => Value) => table[fn!]!.f
const many = (
  fn: string | undefined,
  table: Readonly<Record<string, { readonly f: (value: Value) => readonly Value[] }>>,
): ((value: Value) => readonly Value[]) => table[fn!]!.f

/** Row by row. */
export const ROWS: Readonly<Record<string, Operator>> = {
  map: {
    offers: ([s]) => offered(MAP, 2, s!),
    build: ({ of, node }) => values(of[0]!.map(one(node.fn, MAP) as (value: Value) => string)),
    means: each((rows, { node }) => rows.map(one(node.fn, MAP))),
  },
  flatMap: {
    offers: ([s]) => offered(FLAT_MAP, 1, s!),
    build: ({ of, node }) => of[0]!.flatMap(many(node.fn, FLAT_MAP)),
    means: each((rows, { node }) => rows.flatMap(many(node.fn, FLAT_MAP))),
  },
  filter: {
    offers: ([s]) => offered(FILTER, 1, s!).map((offer) => ({ ...offer, weight: offer.node.fn === 'none' ? 0.05 : offer.weight, stream: s! })),
    build: ({ of, node }) => of[0]!.filter(one(node.fn, FILTER) as (value: Value) => boolean),
    means: each((rows, { node }) => rows.filter(one(node.fn, FILTER))),
  },
  mapToPair: {
    offers: ([s]) => offered(TO_PAIR, isPairs(s!.type) ? 0.4 : 5, s!),
    build: ({ of, node }) => values(of[0]!.mapToPair(one(node.fn, TO_PAIR) as unknown as (value: Value) => Pair<Key, Value>)),
    means: each((rows, { node }) => rows.map(one(node.fn, TO_PAIR))),
  },
  flatMapToPair: {
    offers: ([s]) => offered(TO_PAIRS, 1, s!),
    build: ({ of, node }) => values(of[0]!.flatMapToPair(many(node.fn, TO_PAIRS) as unknown as (value: Value) => readonly Pair<Key, Value>[])),
    means: each((rows, { node }) => rows.flatMap(many(node.fn, TO_PAIRS))),
  },
  keyBy: {
    offers: ([s]) =>
      fitting(MAP, s!.type).flatMap(({ fn, to }) =>
        to === 'string' || to === 'number' ? [{ weight: 0.2, node: { fn }, stream: { type: pairOf(to, s!.type), slide: s!.slide, unique: false } }] : [],
      ),
    build: ({ of, node }) => values(of[0]!.keyBy(one(node.fn, MAP) as (value: Value) => Key)),
    means: each((rows, { node }) => rows.map((row) => [one(node.fn, MAP)(row), row])),
  },
  mapValues: {
    offers: ([s]) => ofValues(MAP, 1.5, s!),
    build: ({ of, node }) => values(pairs(of[0]).mapValues(one(node.fn, MAP) as (value: Value) => string)),
    means: each((rows, { node }) => (rows as readonly ValuePair[]).map(([k, v]) => [k, one(node.fn, MAP)(v)])),
  },
  flatMapValues: {
    offers: ([s]) => ofValues(FLAT_MAP, 0.8, s!).map((offer) => ({ ...offer, stream: { ...offer.stream, unique: false } })),
    build: ({ of, node }) => values(pairs(of[0]).flatMapValues(many(node.fn, FLAT_MAP))),
    means: each((rows, { node }) => (rows as readonly ValuePair[]).flatMap(([k, v]) => many(node.fn, FLAT_MAP)(v).map((w) => [k, w]))),
  },
}
