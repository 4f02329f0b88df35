import { add, fitting, REDUCE, subtract } from '../functions.ts'
import { type Building, type Meaning, type Operator, pairs, type ProgramNode, somePartitions, type Stream, values } from '../operator.ts'
import { group, isPairs, listOf, mayBeKey, pairOf, type Rows, sorted, type ValuePair } from '../values.ts'
import type { Random } from 'millrace/testing'
import { fold, keysOf, ones, reducers } from './keyed.ts'

/** A window and a slide, in batches; long ones now and then. Slides are products of 2 and 3: see check-embedded.ts. */
export const span = ({ slide }: Stream, random: Random): { readonly window: number; readonly slide: number } => {
  const long = random.chance(0.04)
  return { window: slide * (1 + random.int(long ? 40 : 4)), slide: slide * (random.chance(0.6) ? 1 : long ? random.pick([4, 6, 8, 12]) : 1 + random.int(3)) }
}
const all = ({ node, at, between }: Meaning): Rows => between(at - node.window!, at)
/** All rows that a window has ever held. */
const ever = ({ at, between }: Meaning): Rows => between(0, at)
/** Spark's rule of an inverse without a filter: a key stays, with 0. Where the slide is longer than the window nothing is kept from one to the next. */
const sumsThatStay = (meaning: Meaning, rows: (rows: Rows) => Rows): Rows => {
  const now = group(rows(all(meaning)))
  const keys = meaning.node.slide! > meaning.node.window! ? now.keys() : group(rows(ever(meaning))).keys()
  return keys.map((key) => [key, (now.get(key) ?? []).reduce(add, 0)])
}
const means = (f: (meaning: Meaning) => Rows) => (): ((meaning: Meaning) => Rows) => f
const sliding = (type: Stream['type'], { slide }: ReturnType<typeof span>, unique: boolean): Stream => ({ type, slide, unique })
const inverse = (node: ProgramNode): boolean => node.form !== undefined && node.form !== 'plain'
const FILTERS: Readonly<Record<string, (pair: ValuePair) => boolean>> = { 'not 0': ([, n]) => n !== 0, positive: ([, n]) => (n as number) > 0 }

/** Over the last batches. */
export const WINDOWS: Readonly<Record<string, Operator>> = {
  window: {
    offers: ([s], random) => {
      const w = span(s!, random)
      return [{ weight: 1.2, node: w, stream: sliding(s!.type, w, false) }]
    },
    build: ({ of, window, slide }) => of[0]!.window(window, slide),
    means: means(all),
  },
  reduceByWindow: {
    offers: ([s], random) =>
      fitting(REDUCE, s!.type).map(({ fn }) => {
        const w = span(s!, random)
        const form = fn === 'add' ? random.pick(['plain', 'inverse']) : 'plain'
        return { weight: 0.4, node: { ...w, fn, form }, stream: sliding(s!.type, w, false) }
      }),
    build: ({ of, node, window, slide }) =>
      inverse(node) ? of[0]!.reduceByWindow(add, subtract, window, slide) : of[0]!.reduceByWindow(REDUCE[node.fn!]!.f, window, slide),
    means: means((meaning) => {
      const rows = all(meaning)
      if (inverse(meaning.node)) return sumsThatStay(meaning, (some) => some.map((n) => [0, n])).map((pair) => (pair as ValuePair)[1])
      return rows.length === 0 ? [] : [rows.reduce(REDUCE[meaning.node.fn!]!.f)]
    }),
  },
  reduceByKeyAndWindow: {
    offers: ([s], random) =>
      reducers(s!).map((fn) => {
        const w = span(s!, random)
        const form = fn === 'add' ? random.pick(['plain', 'inverse', ...Object.keys(FILTERS)]) : 'plain'
        return { weight: 3 / reducers(s!).length, node: { ...w, fn, form, ...somePartitions(random) }, stream: sliding(s!.type, w, true) }
      }),
    build: ({ of, node, window, slide, shuffle }) => {
      if (!inverse(node)) return values(pairs(of[0]).reduceByKeyAndWindow(REDUCE[node.fn!]!.f, window, slide, shuffle))
      const filter = FILTERS[node.form!]
      return values(pairs(of[0]).reduceByKeyAndWindow(add, subtract, window, slide, { ...shuffle, ...(filter === undefined ? {} : { filter }) }))
    },
    means: means((meaning) => {
      if (meaning.node.form === 'inverse') return sumsThatStay(meaning, (rows) => rows)
      const filter = FILTERS[meaning.node.form!]
      const reduced = fold(all(meaning), REDUCE[meaning.node.fn!]!.f)
      return filter === undefined ? reduced : (reduced as readonly ValuePair[]).filter(filter)
    }),
  },
  groupByKeyAndWindow: {
    offers: ([s], random) => {
      const w = span(s!, random)
      return isPairs(s!.type)
        ? [{ weight: 1, node: { ...w, ...somePartitions(random) }, stream: sliding(pairOf(s!.type.pair[0], listOf(s!.type.pair[1])), w, true) }]
        : []
    },
    build: ({ of, window, slide, shuffle }) =>
      values(
        pairs(of[0])
          .groupByKeyAndWindow(window, slide, shuffle)
          .mapValues((vs) => sorted(vs)),
      ),
    means: means((meaning) =>
      group(all(meaning))
        .entries()
        .map(([k, vs]) => [k, sorted(vs)]),
    ),
  },
  countByWindow: {
    offers: ([s], random) => {
      const w = span(s!, random)
      return [{ weight: 0.8, node: w, stream: sliding('number', w, false) }]
    },
    build: ({ of, window, slide }) => of[0]!.countByWindow(window, slide),
    // Spark's: nothing until the first row ever, afterwards 0 for an empty window.
    means: means((meaning) => sumsThatStay(meaning, (rows) => rows.map(() => [0, 1])).map((pair) => (pair as ValuePair)[1])),
  },
  countByValueAndWindow: {
    offers: ([s], random) => {
      const w = span(s!, random)
      return mayBeKey(s!.type) ? [{ weight: 0.7, node: { ...w, ...somePartitions(random) }, stream: sliding(pairOf(s!.type, 'number'), w, true) }] : []
    },
    build: ({ of, window, slide, shuffle }: Building) => values(keysOf(of[0]).countByValueAndWindow(window, slide, shuffle)),
    means: means((meaning) => fold(ones(all(meaning)), add)),
  },
}
