import { type Operator, pairs, somePartitions, type Stream, values } from '../operator.ts'
import { group, isPairs, type Rows, sorted, textOf, type Type, type Value } from '../values.ts'
import { withValue } from './keyed.ts'

const same = (a: Type, b: Type): boolean => textOf(a as Value) === textOf(b as Value)
const sameKeys = (a: Stream, b: Stream): boolean => isPairs(a.type) && isPairs(b.type) && same(a.type.pair[0], b.type.pair[0])
const JOINS = ['join', 'leftOuterJoin', 'rightOuterJoin', 'fullOuterJoin'] as const

/** Of several streams. */
export const SEVERAL: Readonly<Record<string, Operator>> = {
  union: {
    parents: 2,
    // Of other types seldom: what comes of it can be counted, kept and written, and little else.
    offers: ([a, b]) =>
      same(a!.type, b!.type)
        ? [{ weight: 2, node: {}, stream: { ...a!, unique: false } }]
        : [{ weight: 0.5, node: {}, stream: { type: 'any', slide: a!.slide, unique: false } }],
    build: ({ of }) => of[0]!.union(of[1]!),
    means: () => (meaning) => [...meaning.rows(0), ...meaning.rows(1)],
  },
  unionOfThree: {
    parents: 3,
    offers: ([a, b, c]) => (same(a!.type, b!.type) && same(b!.type, c!.type) ? [{ weight: 1, node: {}, stream: { ...a!, unique: false } }] : []),
    build: ({ of, ssc }) => ssc.union([of[0]!, of[1]!, of[2]!]),
    means: () => (meaning) => [...meaning.rows(0), ...meaning.rows(1), ...meaning.rows(2)],
  },
  join: {
    parents: 2,
    offers: ([a, b], random) =>
      sameKeys(a!, b!)
        ? JOINS.map((form) => ({ weight: 0.5, node: { form, ...somePartitions(random) }, stream: withValue(a!, 'any', a!.unique && b!.unique) }))
        : [],
    build: ({ of, node, shuffle }) => values(pairs(of[0])[node.form as (typeof JOINS)[number]](pairs(of[1]), shuffle)),
    means: () => (meaning) => {
      const { form } = meaning.node
      const [left, right] = [group(meaning.rows(0)), group(meaning.rows(1))]
      const keys = [...left.keys(), ...right.keys().filter((key) => !left.has(key))]
      const none = (may: boolean): Rows => (may ? [undefined] : [])
      return keys.flatMap((key): Rows => {
        const vs = left.get(key) ?? none(form === 'rightOuterJoin' || form === 'fullOuterJoin')
        const ws = right.get(key) ?? none(form === 'leftOuterJoin' || form === 'fullOuterJoin')
        return vs.flatMap((v): Rows => ws.map((w) => [key, [v, w]]))
      })
    },
  },
  cogroup: {
    parents: 2,
    offers: ([a, b], random) => (sameKeys(a!, b!) ? [{ weight: 1, node: somePartitions(random), stream: withValue(a!, 'any') }] : []),
    build: ({ of, shuffle }) =>
      values(
        pairs(of[0])
          .cogroup(pairs(of[1]), shuffle)
          .mapValues(([vs, ws]) => [sorted(vs), sorted(ws)] as unknown as string),
      ),
    means: () => (meaning) => {
      const [left, right] = [group(meaning.rows(0)), group(meaning.rows(1))]
      const keys = [...left.keys(), ...right.keys().filter((key) => !left.has(key))]
      return keys.map((key) => [key, [sorted(left.get(key) ?? []), sorted(right.get(key) ?? [])]])
    },
  },
}
