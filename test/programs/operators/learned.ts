// millrace/sketch, millrace/ml and millrace/graph among the other operators. Sketches are not so full here that they are not exact; numbers are such that the order of additions does not matter.
import { type DStream, type Key } from 'millrace'
import { connectedComponents, graphOf } from 'millrace/graph'
import { StreamingKMeans, summary } from 'millrace/ml'
import { countApproxDistinctByKey, countApproxDistinctByKeyAndWindow, topK, topKByWindow } from 'millrace/sketch'
import type { Random } from 'millrace/testing'
import { each, type Meaning, type Offer, type Operator, pairs, somePartitions, type Stream, values } from '../operator.ts'
import { Dict, distinct, group, inOrder, isPairs, listOf, mayBeKey, pairOf, type Rows, textOf, type Type, type Value, type ValuePair } from '../values.ts'
import { keysOf, withValue } from './keyed.ts'
import { span } from './windows.ts'

const isSimple = (type: Type): boolean => type === 'number' || type === 'string'
/** Edges: both ends numbers, or both texts. */
const isEdges = ({ type }: Stream): boolean => isPairs(type) && isSimple(type.pair[0]) && type.pair[0] === type.pair[1]
const isNumbers = ({ type }: Stream): boolean => isPairs(type) && type.pair[1] === 'number'
const edgesOf = (stream: unknown): DStream<readonly [Key, Key]> => stream as DStream<readonly [Key, Key]>

/** Of each batch, or of a window. */
const batchOrWindow = (stream: Stream, random: Random): Pick<Offer['node'], 'form' | 'window' | 'slide'> =>
  random.chance(0.5) ? { form: 'batch' } : { form: 'window', ...span(stream, random) }
const rowsOf = ({ node, at, rows, between }: Meaning): Rows => (node.form === 'window' ? between(at - node.window!, at) : rows())

/** Sets of what is connected, made one edge after the other. */
class Sets {
  #sets: readonly (readonly Value[])[] = []

  join(edges: Rows): void {
    for (const edge of edges as readonly ValuePair[]) {
      const mine = this.#sets.filter((set) => set.some((id) => id === edge[0] || id === edge[1]))
      this.#sets = [...this.#sets.filter((set) => !mine.includes(set)), distinct([...edge, ...mine.flat()])]
    }
  }
  /** The least of its set. */
  nameOf(id: Value): Value {
    const set = this.#sets.find((one) => one.includes(id))
    return set === undefined ? undefined : inOrder(set)[0]
  }
  names(): Rows {
    return this.#sets.map((set) => inOrder(set)[0])
  }
}
const endsOf = (edges: Rows): Rows => distinct((edges as readonly ValuePair[]).flat())

const GRAPHS: Readonly<Record<string, (edges: Rows) => Rows>> = {
  components: (edges) => {
    const sets = new Sets()
    sets.join(edges)
    return endsOf(edges).map((id) => [id, sets.nameOf(id)])
  },
  degrees: (edges) => endsOf(edges).map((id) => [id, (edges as readonly ValuePair[]).flat().filter((end) => end === id).length]),
  triangles: (edges) => {
    const near = (a: Value, b: Value): boolean => a !== b && (edges as readonly ValuePair[]).some((edge) => edge.includes(a) && edge.includes(b))
    const ids = endsOf(edges)
    return ids.map((id) => [id, ids.filter((a) => near(id, a)).reduce((n: number, a, i, all) => n + all.slice(i + 1).filter((b) => near(a, b)).length, 0)])
  },
}
const keptKind = ({ type }: Stream): Type => (isPairs(type) ? type.pair[0] : type)

export const LEARNED: Readonly<Record<string, Operator>> = {
  countApproxDistinctByKey: {
    offers: ([s], random) => {
      if (!isPairs(s!.type) || !mayBeKey(s!.type.pair[1])) return []
      const how = batchOrWindow(s!, random)
      return [{ weight: 0.8, node: { ...how, ...somePartitions(random) }, stream: { ...withValue(s!, 'number'), slide: how.slide ?? s!.slide } }]
    },
    build: ({ of, node, window, slide, shuffle }) => {
      const stream = pairs(of[0]) as ReturnType<typeof pairs> & Parameters<typeof countApproxDistinctByKey<Key, Key>>[0]
      const options = { relativeSD: 0.01, ...shuffle }
      return values(
        node.form === 'window'
          ? countApproxDistinctByKeyAndWindow<Key, Key>(stream, window, slide, options)
          : countApproxDistinctByKey<Key, Key>(stream, options),
      )
    },
    means: () => (meaning) =>
      group(rowsOf(meaning))
        .entries()
        .map(([key, all]) => [key, distinct(all).length]),
  },
  topK: {
    offers: ([s], random) => {
      if (!isSimple(s!.type)) return []
      const how = batchOrWindow(s!, random)
      return [{ weight: 0.8, node: how, stream: { type: pairOf(s!.type, 'number'), slide: how.slide ?? s!.slide, unique: true } }]
    },
    build: ({ of, node, window, slide }) => {
      const options = { capacity: 1000 }
      const top = node.form === 'window' ? topKByWindow(keysOf(of[0]), 3, window, slide, options) : topK(keysOf(of[0]), 3, options)
      return values(top.mapToPair(({ value, count }) => [value, count]))
    },
    means: () => (meaning) => {
      const counts = group(rowsOf(meaning).map((row) => [row, 1]))
      const least = inOrder(counts.keys())
      return least
        .map((value): ValuePair => [value, counts.get(value)!.length])
        .sort(([, a], [, b]) => (b as number) - (a as number))
        .slice(0, 3)
    },
  },
  summary: {
    offers: ([s], random) => (isNumbers(s!) ? [{ weight: 0.5, node: somePartitions(random), stream: withValue(s!, listOf('number')) }] : []),
    build: ({ of, shuffle }) => {
      const { create, mergeValue, mergeCombiners } = summary()
      return values(
        pairs(of[0])
          .mapValues((value) => value as number)
          .combineByKey(create, mergeValue, mergeCombiners, shuffle)
          .mapValues(({ count, min, max }) => [count, min, max]),
      )
    },
    means: each((rows) =>
      group(rows)
        .entries()
        .map(([key, all]) => [key, [all.length, Math.min(...(all as readonly number[])), Math.max(...(all as readonly number[]))]]),
    ),
  },
  kMeansByKey: {
    offers: ([s], random) =>
      isNumbers(s!)
        ? ['latest', 'predict, train', 'train, predict'].map((form) => ({
            weight: 0.4,
            node: { form, ...somePartitions(random) },
            stream: form === 'latest' ? withValue(s!, listOf('number')) : withValue(s!, 'number', s!.unique),
          }))
        : [],
    build: ({ of, node, shuffle }) => {
      const points = pairs(of[0]).mapValues((value) => [value as number])
      if (node.form === 'latest') {
        const model = new StreamingKMeans({ k: 1, decayFactor: 0.5, ...shuffle }).setInitialCenters([[0]], [1])
        model.trainOnByKey(points)
        return values(model.latestModelByKey().mapValues(({ centers, weights }) => [centers[0]![0]!, weights[0]!]))
      }
      const model = new StreamingKMeans({ k: 2, decayFactor: 1, ...shuffle }).setInitialCenters([[0], [4]], [1, 1])
      if (node.form === 'train, predict') model.trainOnByKey(points)
      const predicted = model.predictOnByKey(points)
      if (node.form === 'predict, train') model.trainOnByKey(points)
      return values(predicted)
    },
    means: ({ form }) => {
      interface Cluster {
        readonly center: number
        readonly weight: number
      }
      const models = new Dict<{ readonly clusters: readonly Cluster[]; readonly last: number }>()
      let intervals = 0
      const nearest = (clusters: readonly Cluster[], x: number): number =>
        clusters.reduce((best, { center }, i) => (Math.abs(center - x) < Math.abs(clusters[best]!.center - x) ? i : best), 0)
      const [first, decay] = form === 'latest' ? [[0], 0.5] : [[0, 4], 1]
      const fresh = first.map((center): Cluster => ({ center, weight: 1 }))
      return ({ rows }) => {
        intervals++
        const before = new Dict(models.entries())
        for (const [key, xs] of group(rows()).entries()) {
          const { clusters, last } = models.get(key) ?? { clusters: fresh, last: intervals - 1 }
          // Each interval decays all weights once, also one without points.
          const moved = clusters.map(({ center, weight }, i): Cluster => {
            const mine = (xs as readonly number[]).filter((x) => nearest(clusters, x) === i)
            const heavier = weight * decay ** (intervals - last) + mine.length
            const part = mine.length / heavier
            return mine.length === 0
              ? { center, weight: heavier }
              : { center: (1 - part) * center + (part / mine.length) * mine.reduce((a, b) => a + b, 0), weight: heavier }
          })
          models.set(key, { clusters: moved, last: intervals })
        }
        const seen = form === 'train, predict' ? models : before
        if (form !== 'latest') return (rows() as readonly ValuePair[]).map(([key, x]) => [key, nearest(seen.get(key)?.clusters ?? fresh, x as number)])
        return group(rows())
          .keys()
          .map((key) => [key, models.get(key)!.clusters.flatMap(({ center, weight }) => [center, weight])])
      }
    },
  },
  connectedComponents: {
    offers: ([s], random) =>
      isEdges(s!) ? [{ weight: 2, node: { form: random.pick(['vertices', 'merged']) }, stream: { type: s!.type, slide: s!.slide, unique: true } }] : [],
    build: ({ of, node }) => {
      const { vertices, merged } = connectedComponents(edgesOf(of[0]))
      return values(node.form === 'merged' ? merged : vertices)
    },
    means: ({ form }) => {
      const sets = new Sets()
      return ({ rows }) => {
        const before = sets.names()
        sets.join(rows())
        if (form !== 'merged') return endsOf(rows()).map((id) => [id, sets.nameOf(id)])
        return before.filter((name) => sets.nameOf(name) !== name).map((name) => [name, sets.nameOf(name)])
      }
    },
  },
  componentOf: {
    parents: 2,
    offers: ([a, b]) =>
      isEdges(a!) && textOf(keptKind(a!) as Value) === textOf(b!.type as Value)
        ? [{ weight: 2, node: {}, stream: { type: pairOf(b!.type, 'any'), slide: a!.slide, unique: false } }]
        : [],
    build: ({ of }) => values(connectedComponents(edgesOf(of[0])).componentOf(keysOf(of[1]))),
    means: () => {
      const sets = new Sets()
      return ({ rows }) => {
        sets.join(rows(0))
        return rows(1).map((id) => [id, sets.nameOf(id)])
      }
    },
  },
  graphOf: {
    offers: ([s]) =>
      isEdges(s!)
        ? Object.keys(GRAPHS).map((form) => ({
            weight: 0.7,
            node: { form },
            stream: { type: form === 'components' ? s!.type : pairOf(keptKind(s!), 'number'), slide: s!.slide, unique: true },
          }))
        : [],
    build: ({ of, node }) =>
      values(
        graphOf<number, readonly [Key, unknown]>(edgesOf(of[0]), (graph) =>
          node.form === 'components' ? graph.connectedComponents().vertices : node.form === 'degrees' ? graph.degrees : graph.triangleCount().vertices,
        ),
      ),
    means: each((rows, { node }) => GRAPHS[node.form!]!(rows)),
  },
}
