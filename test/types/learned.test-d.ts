// What sketches, models and graphs infer, and what they refuse.
import { defineJob, json, minutes, seconds, type DStream, type Key, type PairDStream, type StaticTable, type StreamingContext } from 'millrace'
import { connectedComponents, Graph, graphOf, type EdgeRow } from 'millrace/graph'
import {
  adwin,
  detectByKey,
  exponential,
  loadModel,
  predictKMeans,
  predictLinear,
  predictLogistic,
  StreamingKMeans,
  StreamingLinearRegressionWithSGD,
  StreamingLogisticRegressionWithSGD,
  StreamingTest,
  summary,
  zScore,
  type AdaptiveWindow,
  type ExponentialMoments,
  type KMeansModel,
  type LabeledPoint,
  type LinearModel,
  type Scored,
  type Summary,
  type TestResult,
  type Vector,
} from 'millrace/ml'
import {
  bloomFilter,
  countApproxDistinct,
  countApproxDistinctByKey,
  countApproxDistinctByKeyAndWindow,
  countApproxDistinctByWindow,
  countMinSketch,
  ddSketch,
  hyperLogLog,
  quantilesByKey,
  quantilesByKeyAndWindow,
  sketchByKey,
  sketchByKeyAndWindow,
  spaceSaving,
  topK,
  topKByWindow,
  type HeavyHitter,
  type HeavyHitters,
} from 'millrace/sketch'
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [{ expected: B; got: A }]): void => {}

const streams = (ssc: StreamingContext) => {
  const rows = ssc.kinesisStream('rows', json()).map((row) => row as { user: string; page: number; ms: number })
  const users = rows.mapToPair(({ page, user }) => [page, user])
  const times = rows.mapToPair(({ user, ms }) => [user, ms])
  return { rows, users, times, words: rows.map(({ user }) => user), objects: rows.mapToPair(({ user }) => [user, { user }]) }
}

defineJob({ name: 'sketches', batchInterval: seconds(1) }, (ssc) => {
  const { users, times, words, objects } = streams(ssc)
  const counted = countApproxDistinctByKey(users, { relativeSD: 0.01, numPartitions: 2 })
  same<typeof counted, PairDStream<number, number>>()
  const inWindow = countApproxDistinctByKeyAndWindow(users, minutes(1), seconds(10), { uid: 'users' })
  same<typeof inWindow, PairDStream<number, number>>()
  const all = [countApproxDistinct(words), countApproxDistinctByWindow(words, minutes(1))] as const
  same<(typeof all)[number], DStream<number>>()
  // @ts-expect-error an object is no key
  countApproxDistinctByKey(objects)
  // @ts-expect-error all of them are in one partition
  countApproxDistinct(words, { numPartitions: 2 })

  const quantiles = quantilesByKey(times, [0.5, 0.99], { relativeAccuracy: 0.01 })
  same<typeof quantiles, PairDStream<string, readonly number[]>>()
  same<ReturnType<typeof f1>, PairDStream<string, readonly number[]>>()
  const f1 = () => quantilesByKeyAndWindow(times, [0.5], minutes(1))
  // @ts-expect-error quantiles are of numbers
  quantilesByKey(users, [0.5])

  const top = topK(words, 3)
  same<typeof top, DStream<HeavyHitter<string>>>()
  const topPages = topKByWindow(
    users.map(([page]) => page),
    3,
    minutes(1),
    seconds(10),
    { capacity: 50, uid: 'top' },
  )
  same<typeof topPages, DStream<HeavyHitter<number>>>()
  // @ts-expect-error an object is no key
  topK(objects, 3)

  const filters = sketchByKey(users, bloomFilter({ expectedNumItems: 1000, fpp: 0.01 }), { numPartitions: 2 })
  same<typeof filters, PairDStream<number, Uint8Array>>()
  const hits = sketchByKeyAndWindow(users, spaceSaving<string>({ capacity: 10 }), minutes(1))
  same<typeof hits, PairDStream<number, HeavyHitters<string>>>()
  // @ts-expect-error this sketch takes numbers
  sketchByKey(users, ddSketch())
  // @ts-expect-error count-min must be told its seed
  countMinSketch({ eps: 0.01, confidence: 0.99 })

  // Each is an aggregator.
  const { create, mergeValue, mergeCombiners, estimate } = hyperLogLog({ relativeSD: 0.01 })
  const combined = users.combineByKey(create, mergeValue, mergeCombiners).mapValues(estimate)
  same<typeof combined, PairDStream<number, number>>()
})

defineJob({ name: 'models', batchInterval: seconds(1) }, (ssc) => {
  const { rows, times } = streams(ssc)
  const points = rows.map(({ page, ms }): Vector => [page, ms])
  const byUser = rows.mapToPair(({ user, page, ms }): [string, Vector] => [user, [page, ms]])
  const labeled = rows.map(({ page, ms }): LabeledPoint => [page, [ms]])

  const model = new StreamingKMeans({ k: 2, halfLife: 5, timeUnit: 'points', uid: 'kinds' }).setRandomCenters(2, 1, 42)
  same<typeof model, StreamingKMeans>()
  const none: void = model.trainOn(points)
  same<typeof none, void>()
  const predicted = model.predictOn(points)
  same<typeof predicted, DStream<number>>()
  const valued = model.predictOnValues(byUser)
  same<typeof valued, DStream<readonly [string, number]>>()
  const latest = model.latestModel()
  same<typeof latest, DStream<KMeansModel>>()
  const kept = model.snapshots()
  same<typeof kept, PairDStream<Key, KMeansModel>>()
  // @ts-expect-error points are vectors
  model.trainOn(times)
  // @ts-expect-error k-means has no labels
  model.trainOn(labeled)
  // @ts-expect-error a time unit is 'batches' or 'points'
  new StreamingKMeans({ timeUnit: 'hours' })

  const each = new StreamingKMeans({ k: 2 }).setInitialCenters([[0], [1]], [1, 1])
  each.trainOnByKey(byUser)
  const said = each.predictOnByKey(byUser)
  same<typeof said, PairDStream<string, number>>()
  const beside = each.predictOnValuesByKey(byUser.mapValues((point): [boolean, Vector] => [true, point]))
  same<typeof beside, PairDStream<string, readonly [boolean, number]>>()
  const models = each.latestModelByKey<string>()
  same<typeof models, PairDStream<string, KMeansModel>>()

  const linear = new StreamingLinearRegressionWithSGD({ stepSize: 0.1, numIterations: 10 }).setInitialWeights([0])
  linear.trainOn(labeled)
  // @ts-expect-error a vector has no label
  linear.trainOn(points)
  const lines = linear.predictOn(points)
  same<typeof lines, DStream<number>>()
  const weights = linear.latestModel()
  same<typeof weights, DStream<LinearModel>>()
  const logistic = new StreamingLogisticRegressionWithSGD({ regParam: 0.1 }).setInitialWeights([0])
  logistic.trainOn(labeled)
  same<ReturnType<typeof logistic.predictOn>, DStream<number>>()
  const asked = [predictLinear, predictLogistic] as const
  same<ReturnType<(typeof asked)[number]>, number>()

  const loaded = loadModel<KMeansModel>(ssc, 'kinds', async () => '')
  same<typeof loaded, StaticTable<null, KMeansModel>>()
  const loadedByUser = loadModel<KMeansModel, string>(ssc, 'by user', async () => [''])
  same<typeof loadedByUser, StaticTable<string, KMeansModel>>()
  const joined = byUser.joinTable(loadedByUser).mapValues(([point, one]) => predictKMeans(one, point))
  same<typeof joined, PairDStream<string, number>>()

  const tested = new StreamingTest({ peacePeriod: 1, windowSize: 2, testMethod: 'student' })
  const results = tested.registerStream(rows.map(({ page, ms }): [boolean, number] => [page > 1, ms]))
  same<typeof results, DStream<TestResult>>()
  const resultsOf = tested.registerStreamByKey(times.mapValues((ms): [boolean, number] => [true, ms]))
  same<typeof resultsOf, PairDStream<string, TestResult>>()
  // @ts-expect-error a sample says whether it is of the experiment
  tested.registerStream(rows.map(({ ms }) => ms))

  const { create, mergeValue, mergeCombiners } = summary()
  const summed = times.combineByKey(create, mergeValue, mergeCombiners)
  same<typeof summed, PairDStream<string, Summary>>()
  const scored = detectByKey(times, zScore({ minCount: 10 }), { uid: 'z' })
  same<typeof scored, DStream<readonly [string, Scored]>>()
  const smooth = detectByKey(times, exponential({ alpha: 0.1 }))
  same<typeof smooth, DStream<readonly [string, ExponentialMoments]>>()
  const drift = detectByKey(times, adwin({ delta: 0.01 }))
  same<typeof drift, DStream<readonly [string, AdaptiveWindow]>>()
  // @ts-expect-error it takes numbers
  detectByKey(byUser, zScore())
})

defineJob({ name: 'graphs', batchInterval: seconds(1) }, (ssc) => {
  const { users, objects } = streams(ssc)
  const edges = users.map(([page, user]): EdgeRow<boolean> => [page, user, true])
  const ranks = graphOf(edges, (graph, time) => {
    same<typeof graph, Graph<number, boolean>>()
    return graph.pageRank(0.001).vertices.map(([id, rank]) => [time.milliseconds, id, rank] as const)
  })
  same<typeof ranks, DStream<readonly [number, Key, number]>>()
  // @ts-expect-error it returns rows
  graphOf(edges, (graph) => graph.numEdges)
  // @ts-expect-error an object is no vertex
  graphOf(objects, (graph) => graph.vertices)

  const people = connectedComponents(edges, { uid: 'people' })
  const both = [people.vertices, people.merged] as const
  same<(typeof both)[number], PairDStream<Key, Key>>()
  const looked = people.componentOf(users.map(([page]) => page))
  same<typeof looked, PairDStream<number, Key | undefined>>()

  // Edges of two columns have the attribute 1, and components the ids that the edges have.
  const plain = users.map(([page, user]) => [String(page), user] as const)
  same<typeof plain, DStream<readonly [string, string]>>()
  graphOf(plain, (of) => {
    same<typeof of, Graph<number, number>>()
    return of.edges
  })
  const texts = connectedComponents(plain, { uid: 'texts' })
  same<typeof texts.vertices, PairDStream<string, string>>()
  const mixed = connectedComponents(
    users.map(([page, user]) => [page, user] as const),
    { uid: 'mixed' },
  )
  same<typeof mixed.merged, PairDStream<number | string, number | string>>()
  const named = connectedComponents(
    users.map(([page, user]) => ({ srcId: page, dstId: page + 1, attr: user })),
    { uid: 'named' },
  )
  same<typeof named.vertices, PairDStream<number, number>>()

  const graph = Graph.of<string, boolean>([[1, 'one']], [[1, 2, true]], 'none')
  same<typeof graph.vertices, readonly (readonly [Key, string])[]>()
  const degrees = [graph.degrees, graph.inDegrees, graph.outDegrees] as const
  same<(typeof degrees)[number], readonly (readonly [Key, number])[]>()
  const lengths = graph.mapVertices((_id, name) => name.length).mapEdges(({ attr }): number => (attr ? 1 : 0))
  same<typeof lengths, Graph<number, number>>()
  const joined = graph.outerJoinVertices([[1, 5]], (_id, name, n) => (n === undefined ? name : n))
  same<typeof joined, Graph<string | number, boolean>>()
  const sent = graph.aggregateMessages<number>(
    ({ sendToDst }) => sendToDst(1),
    (a, b) => a + b,
  )
  same<typeof sent, readonly (readonly [Key, number])[]>()
  const reached = lengths.pregel<number>(0, {
    vertexProgram: (_id, attr, message) => Math.max(attr, message),
    sendMessage: ({ dstId, srcAttr }) => [[dstId, srcAttr]],
    mergeMessages: (a, b) => Math.max(a, b),
  })
  same<typeof reached, Graph<number, number>>()
  const weighted = graph.mapTriplets(({ srcAttr, dstAttr, attr }) => `${srcAttr}${dstAttr}${attr}`).groupEdges((a, b) => a + b)
  same<typeof weighted, Graph<string, string>>()
  const cut = graph.reverse().subgraph(
    ({ attr }) => attr,
    (id, name) => id !== name,
  )
  same<typeof cut, Graph<string, boolean>>()
  const sizes = [graph.numVertices, graph.numEdges] as const
  same<(typeof sizes)[number], number>()
  const attributes = [...graph.edges, ...graph.triplets].map(({ attr }) => attr)
  same<typeof attributes, boolean[]>()
  same<ReturnType<typeof graph.collectNeighborIds>, readonly (readonly [Key, readonly Key[]])[]>()
  const ranked = [graph.staticPageRank(3), graph.personalizedPageRank(1, 0.01), graph.staticPersonalizedPageRank(1, 3)] as const
  same<(typeof ranked)[number], Graph<number, boolean>>()
  same<ReturnType<typeof graph.shortestPaths>, Graph<readonly (readonly [Key, number])[], boolean>>()
  same<ReturnType<typeof graph.stronglyConnectedComponents | typeof graph.labelPropagation>, Graph<Key, boolean>>()
  same<ReturnType<typeof graph.connectedComponents>, Graph<Key, boolean>>()
  same<ReturnType<typeof graph.triangleCount>, Graph<number, boolean>>()
  // @ts-expect-error both attributes are of one type
  graph.joinVertices([[1, 5]], (_id, _name, n) => n)
})
