import { each, type Operator, pairs, values } from '../operator.ts'
import { distinct, inOrder, isPairs, mayBeKey, pairOf, type Rows, textOf, type Value, type ValuePair } from '../values.ts'

import { keysOf } from './keyed.ts'

const simple = (type: unknown): boolean => type === 'number' || type === 'string'

/** Of whole batches. None makes rows of an empty batch: in a silence it is not asked. */
export const WHOLE: Readonly<Record<string, Operator>> = {
  count: {
    offers: ([s]) => [{ weight: 0.6, node: {}, stream: { type: 'number', slide: s!.slide, unique: false } }],
    build: ({ of }) => of[0]!.count(),
    means: each((rows) => [rows.length]),
  },
  distinct: {
    offers: ([s]) => (mayBeKey(s!.type) ? [{ weight: 0.4, node: {}, stream: s! }] : []),
    build: ({ of }) => values(keysOf(of[0]).transform((rdd) => rdd.distinct())),
    means: each(distinct),
  },
  least3: {
    offers: ([s]) => (simple(s!.type) ? [{ weight: 0.4, node: {}, stream: s! }] : []),
    build: ({ of, ssc }) => values(ssc.transform([keysOf(of[0])], ([rdd]) => rdd.distinct().mapPartitions(() => rdd.distinct().takeOrdered(3)))),
    means: each((rows) => inOrder(distinct(rows)).slice(0, 3)),
  },
  ranks: {
    offers: ([s]) => (simple(s!.type) ? [{ weight: 0.3, node: {}, stream: { type: pairOf(s!.type, 'number'), slide: s!.slide, unique: true } }] : []),
    build: ({ of }) =>
      values(
        keysOf(of[0]).transform((rdd) =>
          rdd
            .distinct()
            .sortBy((row) => row)
            .zipWithIndex(),
        ),
      ),
    means: each((rows) => inOrder(distinct(rows)).map((row, i) => [row, i])),
  },
  leastKey: {
    offers: ([s]) => (isPairs(s!.type) && simple(s!.type.pair[0]) ? [{ weight: 0.4, node: {}, stream: s! }] : []),
    build: ({ of }) =>
      values(
        pairs(of[0]).transform((rdd) => {
          const [least] = rdd.sortByKey().keys().take(1)
          return rdd.filter(([key]) => key === least)
        }),
      ),
    means: each((rows) => {
      const [least] = inOrder((rows as readonly ValuePair[]).map(([key]) => key))
      return (rows as readonly ValuePair[]).filter(([key]) => key === least)
    }),
  },
  stamped: {
    offers: ([s]) => [{ weight: 0.3, node: {}, stream: { type: pairOf('number', s!.type), slide: s!.slide, unique: false } }],
    build: ({ of }) => values(of[0]!.transform((rdd, time) => rdd.mapToPair((row) => [time.milliseconds, row]), { perPartition: true })),
    means: each((rows, { atMs }) => rows.map((row) => [atMs, row])),
  },
  mapPartitions: {
    offers: ([s]) => [{ weight: 0.3, node: {}, stream: { type: 'string', slide: s!.slide, unique: false } }],
    build: ({ of }) => of[0]!.mapPartitions((rows) => [...rows].map(textOf)),
    means: each((rows) => rows.map(textOf)),
  },
  glom: {
    offers: ([s]) => [{ weight: 0.2, node: {}, stream: { ...s! } }],
    build: ({ of }) => of[0]!.glom().flatMap((rows) => rows),
    means: each((rows) => rows),
  },
  repartition: {
    offers: ([s], random) => [{ weight: 0.7, node: { partitions: random.pick([1, 2, 3, 5]) }, stream: { ...s! } }],
    build: ({ of, node }) => of[0]!.repartition(node.partitions!),
    means: each((rows) => rows),
  },
  subtractByKey: {
    parents: 2,
    offers: ([a, b]) =>
      isPairs(a!.type) && isPairs(b!.type) && textOf(a!.type.pair[0] as Value) === textOf(b!.type.pair[0] as Value)
        ? [{ weight: 0.5, node: {}, stream: a! }]
        : [],
    build: ({ of }) => values(pairs(of[0]).transformWith(pairs(of[1]), (a, b) => a.subtractByKey(b))),
    means: () => (meaning) => {
      const gone = new Set((meaning.rows(1) as readonly ValuePair[]).map(([key]) => textOf(key)))
      return (meaning.rows(0) as readonly ValuePair[]).filter(([key]) => !gone.has(textOf(key)))
    },
  },
  cartesian: {
    parents: 2,
    offers: ([a, b]) => [{ weight: 0.1, node: {}, stream: { type: pairOf(a!.type, b!.type), slide: a!.slide, unique: false } }].filter(() => mayBeKey(a!.type)),
    build: ({ of, ssc }) => values(ssc.transform([of[0]!, of[1]!], ([a, b]) => a.cartesian(b))),
    means: () => (meaning) => meaning.rows(0).flatMap((a): Rows => meaning.rows(1).map((b) => [a, b])),
  },
}
