// This file is long because it is a table of all operators, family by family: batches in, operator, batches out. State after each batch: keyed-state.test.ts, windows.test.ts.
import { defineJob, type DStream, type PairDStream, seconds, type State, StateSpec, type StreamingContext } from 'millrace'
import { describe, expect, it } from 'vitest'
import { DStream as Facade, MapWithStateDStream } from '../../lib/dstream/dstream.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { runPlan } from '../plan/run-plan.ts'

type Batches = readonly (readonly unknown[])[]
interface Row {
  readonly name: keyof Facade<unknown> | 'stateSnapshots'
  /** What is special about this row. */
  readonly about?: string
  readonly build: (ssc: StreamingContext, words: DStream<string>, pairs: PairDStream<string, number>) => DStream<unknown>
  readonly batches: Batches
}

/** Three batches: two words and a repeated one, nothing, a word. */
const WORDS = [['b', 'a', 'b'], [], ['c']]
const plus = (a: number, b: number): number => a + b
const minus = (a: number, b: number): number => a - b
const plans = (ssc: StreamingContext): ReturnType<typeof ssc.staticTable<string, string>> => ssc.staticTable('plans', async () => [['a', 'pro']])
const others = (ssc: StreamingContext): PairDStream<string, string> => ssc.queueStream([['b', 'd'], ['x']]).mapToPair((w) => [w, w.toUpperCase()])
const count = (word: string, one: number | undefined, state: State<number>): string => {
  state.update((state.getOption() ?? 0) + (one ?? 0))
  return `${word}${state.get()}`
}

const FAMILIES: Readonly<Record<string, readonly Row[]>> = {
  'row by row': [
    { name: 'map', build: (_s, words) => words.map((w) => w.toUpperCase()), batches: [['B', 'A', 'B'], [], ['C']] },
    {
      name: 'mapToPair',
      build: (_s, words) => words.mapToPair((w) => [w, 1]),
      batches: [
        [
          ['b', 1],
          ['a', 1],
          ['b', 1],
        ],
        [],
        [['c', 1]],
      ],
    },
    { name: 'flatMap', build: (_s, words) => words.flatMap((w) => (w === 'a' ? [] : [w, w])), batches: [['b', 'b', 'b', 'b'], [], ['c', 'c']] },
    {
      name: 'flatMap',
      about: 'a generator',
      build: (_s, words) =>
        words.flatMap(function* (w) {
          yield w
        }),
      batches: WORDS,
    },
    {
      name: 'flatMapToPair',
      build: (_s, words) => words.flatMapToPair((w) => new Map([[w, 1]])),
      batches: [
        [
          ['b', 1],
          ['a', 1],
          ['b', 1],
        ],
        [],
        [['c', 1]],
      ],
    },
    {
      name: 'keyBy',
      build: (_s, words) => words.keyBy((w) => w.charCodeAt(0)),
      batches: [
        [
          [98, 'b'],
          [97, 'a'],
          [98, 'b'],
        ],
        [],
        [[99, 'c']],
      ],
    },
    { name: 'filter', build: (_s, words) => words.filter((w) => w !== 'b'), batches: [['a'], [], ['c']] },
    { name: 'union', build: (ssc, words) => words.union(ssc.queueStream([[1], [2]])), batches: [['b', 'a', 'b', 1], [2], ['c']] },
    { name: 'union', about: 'with itself', build: (_s, words) => words.union(words), batches: [['b', 'b', 'a', 'a', 'b', 'b'], [], ['c', 'c']] },
  ],
  'whole batches': [
    {
      name: 'transform',
      build: (_s, words) => words.transform((rdd, time) => rdd.sortBy((w) => w).map((w) => `${w}${time.milliseconds}`)),
      batches: [['a1000', 'b1000', 'b1000'], [], ['c3000']],
    },
    {
      name: 'transformWith',
      build: (ssc, words) => words.transformWith(ssc.queueStream([['b'], ['x']]), (rdd, other) => rdd.subtract(other)),
      batches: [['a'], [], ['c']],
    },
    { name: 'mapPartitions', build: (_s, words) => words.mapPartitions((rows) => [[...rows].length]), batches: [[3], [0], [1]] },
    { name: 'glom', build: (_s, words) => words.glom(), batches: [[['b', 'a', 'b']], [[]], [['c']]] },
    {
      name: 'repartition',
      build: (_s, words) => words.repartition(2).mapPartitions((rows) => [[...rows].length]),
      batches: [
        [2, 1],
        [0, 0],
        [1, 0],
      ],
    },
    { name: 'reduce', build: (_s, words) => words.reduce((a, b) => `${a}${b}`), batches: [['bab'], [], ['c']] },
    { name: 'count', build: (_s, words) => words.count(), batches: [[3], [0], [1]] },
    {
      name: 'countByValue',
      build: (_s, words) => words.countByValue(),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [],
        [['c', 1]],
      ],
    },
  ],
  windows: [
    { name: 'window', build: (_s, words) => words.window(seconds(2)), batches: [['b', 'a', 'b'], ['b', 'a', 'b'], ['c']] },
    { name: 'window', about: 'of three seconds, every three', build: (_s, words) => words.window(seconds(3), seconds(3)), batches: [['b', 'a', 'b', 'c']] },
    { name: 'window', about: 'of one second, every two', build: (_s, words) => words.window(seconds(1), seconds(2)), batches: [[]] },
    { name: 'reduceByWindow', build: (_s, words) => words.reduceByWindow((a, b) => a + b, seconds(2), seconds(1)), batches: [['bab'], ['bab'], ['c']] },
    {
      name: 'reduceByWindow',
      about: 'with an inverse',
      build: (_s, words) => words.map((w) => w.length).reduceByWindow(plus, minus, seconds(1), seconds(1)),
      batches: [[3], [0], [1]],
    },
    { name: 'countByWindow', build: (_s, words) => words.filter((w) => w !== 'c').countByWindow(seconds(2), seconds(1)), batches: [[2 + 1], [3], [0]] },
    {
      name: 'countByValueAndWindow',
      build: (_s, words) => words.countByValueAndWindow(seconds(2), seconds(1)),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['b', 2],
        ],
        [['c', 1]],
      ],
    },
    {
      name: 'reduceByKeyAndWindow',
      build: (_s, _w, pairs) => pairs.reduceByKeyAndWindow(plus, seconds(2)),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['b', 2],
        ],
        [['c', 1]],
      ],
    },
    {
      name: 'reduceByKeyAndWindow',
      about: 'with an inverse: keys stay',
      build: (_s, _w, pairs) => pairs.reduceByKeyAndWindow(plus, minus, seconds(1)),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 0],
          ['b', 0],
        ],
        [
          ['a', 0],
          ['b', 0],
          ['c', 1],
        ],
      ],
    },
    {
      name: 'groupByKeyAndWindow',
      build: (_s, _w, pairs) => pairs.groupByKeyAndWindow(seconds(3)),
      batches: [
        [
          ['a', [1]],
          ['b', [1, 1]],
        ],
        [
          ['a', [1]],
          ['b', [1, 1]],
        ],
        [
          ['a', [1]],
          ['b', [1, 1]],
          ['c', [1]],
        ],
      ],
    },
  ],
  'by key': [
    {
      name: 'mapValues',
      build: (_s, _w, pairs) => pairs.mapValues((n) => -n),
      batches: [
        [
          ['b', -1],
          ['a', -1],
          ['b', -1],
        ],
        [],
        [['c', -1]],
      ],
    },
    {
      name: 'flatMapValues',
      build: (_s, _w, pairs) => pairs.flatMapValues((n) => [n, n + 1]),
      batches: [
        [
          ['b', 1],
          ['b', 2],
          ['a', 1],
          ['a', 2],
          ['b', 1],
          ['b', 2],
        ],
        [],
        [
          ['c', 1],
          ['c', 2],
        ],
      ],
    },
    {
      name: 'reduceByKey',
      build: (_s, _w, pairs) => pairs.reduceByKey(plus),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [],
        [['c', 1]],
      ],
    },
    {
      name: 'groupByKey',
      build: (_s, _w, pairs) => pairs.groupByKey(),
      batches: [
        [
          ['a', [1]],
          ['b', [1, 1]],
        ],
        [],
        [['c', [1]]],
      ],
    },
    ...([true, false] as const).map((mapSideCombine): Row => ({
      name: 'combineByKey',
      about: `mapSideCombine ${mapSideCombine}`,
      build: (_s, _w, pairs) =>
        pairs.combineByKey(
          (n) => `${n}`,
          (all, n) => `${all},${n}`,
          (a, b) => `${a};${b}`,
          { mapSideCombine },
        ),
      batches: [
        [
          ['a', '1'],
          ['b', '1,1'],
        ],
        [],
        [['c', '1']],
      ],
    })),
  ],
  'two streams by key': [
    {
      name: 'cogroup',
      build: (ssc, _w, pairs) => pairs.cogroup(others(ssc)),
      batches: [
        [
          ['a', [[1], []]],
          ['b', [[1, 1], ['B']]],
          ['d', [[], ['D']]],
        ],
        [['x', [[], ['X']]]],
        [['c', [[1], []]]],
      ],
    },
    {
      name: 'join',
      build: (ssc, _w, pairs) => pairs.join(others(ssc)),
      batches: [
        [
          ['b', [1, 'B']],
          ['b', [1, 'B']],
        ],
        [],
        [],
      ],
    },
    {
      name: 'leftOuterJoin',
      build: (ssc, _w, pairs) => pairs.leftOuterJoin(others(ssc)),
      batches: [
        [
          ['a', [1, null]],
          ['b', [1, 'B']],
          ['b', [1, 'B']],
        ],
        [],
        [['c', [1, null]]],
      ],
    },
    {
      name: 'rightOuterJoin',
      build: (ssc, _w, pairs) => pairs.rightOuterJoin(others(ssc)),
      batches: [
        [
          ['b', [1, 'B']],
          ['b', [1, 'B']],
          ['d', [null, 'D']],
        ],
        [['x', [null, 'X']]],
        [],
      ],
    },
    {
      name: 'fullOuterJoin',
      build: (ssc, _w, pairs) => pairs.fullOuterJoin(others(ssc)),
      batches: [
        [
          ['a', [1, null]],
          ['b', [1, 'B']],
          ['b', [1, 'B']],
          ['d', [null, 'D']],
        ],
        [['x', [null, 'X']]],
        [['c', [1, null]]],
      ],
    },
    { name: 'joinTable', build: (ssc, _w, pairs) => pairs.joinTable(plans(ssc)), batches: [[['a', [1, 'pro']]], [], []] },
    {
      name: 'joinTable',
      build: (ssc, _w, pairs) => pairs.joinTable(plans(ssc), ([key]) => key),
      batches: [[[['a', 1], 'pro']], [], []],
    },
    {
      name: 'leftOuterJoinTable',
      build: (ssc, _w, pairs) => pairs.leftOuterJoinTable(plans(ssc)),
      batches: [
        [
          ['b', [1, null]],
          ['a', [1, 'pro']],
          ['b', [1, null]],
        ],
        [],
        [['c', [1, null]]],
      ],
    },
  ],
  state: [
    {
      name: 'updateStateByKey',
      build: (_s, _w, pairs) => pairs.updateStateByKey((ns, sum: number | undefined) => (sum ?? 0) + ns.length),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['b', 2],
          ['c', 1],
        ],
      ],
    },
    {
      name: 'updateStateByKey',
      about: 'the iterator form',
      build: (_s, _w, pairs) =>
        pairs.updateStateByKey(
          (entries: readonly (readonly [string, readonly number[], number | undefined])[], time) =>
            entries.filter(([key]) => key !== 'a').map(([key, ns, n]) => [key, (n ?? time.milliseconds) + ns.length] as const),
          { perPartition: true },
        ),
      batches: [
        [['b', 1002]],
        [['b', 1002]],
        [
          ['b', 1002],
          ['c', 3001],
        ],
      ],
    },
    {
      name: 'dropDuplicates',
      build: (_s, words) => words.dropDuplicates((word) => word.slice(0, 1), { within: seconds(10) }),
      batches: [['b', 'a'], [], ['c']],
    },
    { name: 'mapWithState', build: (_s, _w, pairs) => pairs.mapWithState(count), batches: [['b1', 'a1', 'b2'], [], ['c1']] },
    {
      name: 'mapWithState',
      about: "Spark's form",
      build: (_s, _w, pairs) =>
        pairs.mapWithState(
          StateSpec.function((word: string, one: number | undefined, state: State<number>) =>
            one === undefined ? `${word} over` : count(word, one, state),
          ).timeout(seconds(1)),
        ),
      batches: [['b1', 'a1', 'b2'], [], ['c1', 'a over', 'b over']],
    },
    {
      name: 'stateSnapshots',
      build: (_s, _w, pairs) => pairs.mapWithState(count).stateSnapshots(),
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['b', 2],
        ],
        [
          ['a', 1],
          ['b', 2],
          ['c', 1],
        ],
      ],
    },
  ],
}

async function outputsOf(build: Row['build']): Promise<Batches> {
  const job = defineJob({ name: 'table', batchInterval: seconds(1) }, (ssc) => {
    const words = ssc.queueStream(WORDS)
    build(
      ssc,
      words,
      words.mapToPair((w) => [w, 1]),
    ).foreachRDD(() => {}, { uid: 'rows', perPartition: true })
  })
  const { outputs, deadLetters } = await runPlan(job, {}, { batches: WORDS.length })
  expect(deadLetters).toEqual([])
  const times = [...new Set(outputs.map(({ time }) => time))]
  return times.map((at) =>
    outputs.flatMap(({ time, text }) =>
      time === at
        ? text
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as unknown)
        : [],
    ),
  )
}

describe.each(Object.entries(FAMILIES))('%s', (_family, rows) => {
  it.each(rows.map((row) => [row.about === undefined ? row.name : `${row.name}: ${row.about}`, row] as const))('%s', async (_name, { build, batches }) => {
    expect(await outputsOf(build)).toEqual(batches)
  })
})

it('has a row for every operator', () => {
  const outputs = ['print', 'plot', 'saveAsFiles', 'saveAsTextFiles', 'saveAsJsonFiles', 'saveAsObjectFiles', 'foreachRDD', 'saveTo']
  const operators = [Facade.prototype, MapWithStateDStream.prototype].flatMap((prototype) => Object.getOwnPropertyNames(prototype))
  const rows = new Set<string>(Object.values(FAMILIES).flatMap((family) => family.map(({ name }) => name)))
  expect(operators.filter((name) => name !== 'constructor' && !outputs.includes(name) && !rows.has(name))).toEqual([])
})

describe('every keyed operator takes numPartitions and a uid', () => {
  const options = { numPartitions: 3, uid: 'mine' }
  it.each<[string, (pairs: PairDStream<string, number>, ssc: StreamingContext) => DStream<unknown>]>([
    ['reduceByKey', (pairs) => pairs.reduceByKey(plus, options)],
    ['groupByKey', (pairs) => pairs.groupByKey(options)],
    ['repartition', (pairs) => pairs.repartition(3, options)],
    ['combineByKey', (pairs) => pairs.combineByKey((n) => n, plus, plus, options)],
    ['countByValue', (pairs) => pairs.map(([key]) => key).countByValue(options)],
    ['reduceByKeyAndWindow', (pairs) => pairs.reduceByKeyAndWindow(plus, seconds(2), seconds(1), options)],
    ['reduceByKeyAndWindow with an inverse', (pairs) => pairs.reduceByKeyAndWindow(plus, minus, seconds(2), seconds(1), options)],
    ['groupByKeyAndWindow', (pairs) => pairs.groupByKeyAndWindow(seconds(2), seconds(1), options)],
    ['countByValueAndWindow', (pairs) => pairs.map(([key]) => key).countByValueAndWindow(seconds(2), seconds(1), options)],
    ['cogroup', (pairs, ssc) => pairs.cogroup(others(ssc), options)],
    ['join', (pairs, ssc) => pairs.join(others(ssc), options)],
    ['leftOuterJoin', (pairs, ssc) => pairs.leftOuterJoin(others(ssc), options)],
    ['rightOuterJoin', (pairs, ssc) => pairs.rightOuterJoin(others(ssc), options)],
    ['fullOuterJoin', (pairs, ssc) => pairs.fullOuterJoin(others(ssc), options)],
    ['updateStateByKey', (pairs) => pairs.updateStateByKey((ns, n: number | undefined) => (n ?? 0) + ns.length, options)],
    ['mapWithState', (pairs) => pairs.mapWithState(count, options)],
    ["mapWithState, Spark's form", (pairs) => pairs.mapWithState(StateSpec.function(count).numPartitions(3).uid('mine'))],
  ])('%s', (_name, build) => {
    const job = defineJob({ name: 'options', batchInterval: seconds(1) }, (ssc) =>
      build(
        ssc.queueStream(WORDS).mapToPair((w) => [w, 1]),
        ssc,
      ).foreachRDD(() => {}, { perPartition: true, uid: 'rows' }),
    )
    const plan = planJob(job)
    expect([...plan.uids.values()]).toContain('mine')
    const stage = plan.stages.find(({ nodes }) => nodes.some((node) => plan.uids.get(node) === 'mine'))
    expect(stage?.partitions).toBe(3)
    expect(plan.stages.find(({ outputs }) => outputs.length > 0)?.partitions).toBe(3)
  })
})
