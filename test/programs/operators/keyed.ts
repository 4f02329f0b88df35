import { add, fitting, REDUCE } from '../functions.ts'
import { each, type Operator, pairs, somePartitions, type Stream, values } from '../operator.ts'
import { group, isPairs, listOf, mayBeKey, pairOf, type Rows, sorted, textOf, type Type, type Value, type ValuePair } from '../values.ts'
import type { DStream, Key } from 'millrace'

export const fold = (rows: Rows, f: (a: Value, b: Value) => Value): Rows =>
  group(rows)
    .entries()
    .map(([k, vs]) => [k, vs.reduce((a, b) => f(a, b))])
export const ones = (rows: Rows): Rows => rows.map((row) => [row, 1])
export const keysOf = (stream: DStream<Value> | undefined): DStream<Key> => stream as unknown as DStream<Key>

/** The functions that combine a stream's values. */
export const reducers = ({ type }: Stream): readonly string[] => (isPairs(type) ? fitting(REDUCE, type.pair[1]).map(({ fn }) => fn) : [])
/** The type of pairs with the same key and other values. */
export const withValue = ({ type, slide }: Stream, value: Type, unique = true): Stream => ({
  type: isPairs(type) ? pairOf(type.pair[0], value) : type,
  slide,
  unique,
})

/** Key by key, in one batch. */
export const KEYED: Readonly<Record<string, Operator>> = {
  reduceByKey: {
    offers: ([s], random) =>
      reducers(s!).map((fn) => ({ weight: 3 / reducers(s!).length, node: { fn, ...somePartitions(random) }, stream: { ...s!, unique: true } })),
    build: ({ of, node, shuffle }) => values(pairs(of[0]).reduceByKey(REDUCE[node.fn!]!.f, shuffle)),
    means: each((rows, { node }) => fold(rows, REDUCE[node.fn!]!.f)),
  },
  groupByKey: {
    offers: ([s], random) => (isPairs(s!.type) ? [{ weight: 1.5, node: somePartitions(random), stream: withValue(s!, listOf(s!.type.pair[1])) }] : []),
    build: ({ of, shuffle }) =>
      values(
        pairs(of[0])
          .groupByKey(shuffle)
          .mapValues((vs) => sorted(vs)),
      ),
    means: each((rows) =>
      group(rows)
        .entries()
        .map(([k, vs]) => [k, sorted(vs)]),
    ),
  },
  // The mean as [sum, how many].
  combineByKey: {
    offers: ([s], random) =>
      isPairs(s!.type) && s!.type.pair[1] === 'number'
        ? [{ weight: 1, node: { form: random.pick(['map side', 'behind the shuffle']), ...somePartitions(random) }, stream: withValue(s!, listOf('number')) }]
        : [],
    build: ({ of, node, shuffle }) =>
      values(
        pairs(of[0]).combineByKey(
          (v): readonly [number, number] => [v as number, 1],
          ([sum, n], v): readonly [number, number] => [sum + (v as number), n + 1],
          ([a, n], [b, m]): readonly [number, number] => [a + b, n + m],
          { ...shuffle, mapSideCombine: node.form === 'map side' },
        ),
      ),
    means: each((rows) =>
      group(rows)
        .entries()
        .map(([k, vs]) => [k, [vs.reduce(add)!, vs.length]]),
    ),
  },
  countByValue: {
    offers: ([s], random) =>
      mayBeKey(s!.type)
        ? [{ weight: isPairs(s!.type) ? 0.4 : 1, node: somePartitions(random), stream: { type: pairOf(s!.type, 'number'), slide: s!.slide, unique: true } }]
        : [],
    build: ({ of, shuffle }) => values(keysOf(of[0]).countByValue(shuffle)),
    means: each((rows) => fold(ones(rows), add)),
  },
  reduce: {
    offers: ([s]) => fitting(REDUCE, s!.type).map(({ fn }) => ({ weight: 0.3, node: { fn }, stream: { ...s!, unique: false } })),
    build: ({ of, node }) => of[0]!.reduce(REDUCE[node.fn!]!.f),
    means: each((rows, { node }) => (rows.length === 0 ? [] : [rows.reduce(REDUCE[node.fn!]!.f)])),
  },
  joinTable: {
    offers: ([s], random) => {
      if (!isPairs(s!.type)) return []
      const keys: readonly Value[] =
        s!.type.pair[0] === 'number'
          ? [0, 1, 2, 3, 7]
          : s!.type.pair[0] === 'string'
            ? ['a', 'b', 'even', 'cat', '']
            : [
                ['even', 0],
                ['odd', 1],
              ]
      const table = keys.filter(() => random.chance(0.7)).map((key, i): ValuePair => [key, i * 10])
      return ['inner', 'outer', 'get'].map((form) => ({ weight: 0.4, node: { form, table }, stream: withValue(s!, 'any', s!.unique) }))
    },
    build: ({ of, node, table }) => {
      const [stream, content] = [pairs(of[0]), table()]
      if (node.form === 'inner') return values(stream.joinTable(content))
      if (node.form === 'outer') return values(stream.leftOuterJoinTable(content))
      return values(stream.map(([k, v]) => [k, [v, content.get(k)]] as unknown as string))
    },
    means: each((rows, { node }) => {
      const table = new Map(node.table!.map(([k, v]) => [textOf(k), v]))
      return (rows as readonly ValuePair[]).flatMap(([k, v]): Rows => (node.form !== 'inner' || table.has(textOf(k)) ? [[k, [v, table.get(textOf(k))]]] : []))
    }),
  },
}
