// What every operator infers, and what it refuses, beside the cases of types.test-d.ts.
import {
  type ColumnSink,
  type Sink,
  asset,
  bytes,
  defineJob,
  minutes,
  seconds,
  StateSpec,
  text,
  type Decoder,
  type DStream,
  type Duration,
  type PairDStream,
  type RDD,
  type State,
  type StaticTable,
  type Time,
} from 'millrace'
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [{ expected: B; got: A }]): void => {}

defineJob({ name: 't', batchInterval: seconds(1), numPartitions: 2, onError: 'fail' }, (ssc) => {
  const lines = ssc.kinesisStream('lines', text())
  const raw = ssc.kinesisStream('raw', bytes())
  same<typeof raw, DStream<Uint8Array>>()
  const own: Decoder<{ at: Time }> = { decode: (_data, meta) => ({ at: meta.arrivalTime }) }
  same<ReturnType<typeof own.decode>, { at: Time }>()
  const numbers = ssc.queueStream([[1, 2], [3]])
  same<typeof numbers, DStream<number>>()
  const pairs = lines.mapToPair((w) => [w, 1])
  const sized = lines.flatMapToPair((w) => [
    [w, w.length],
    [w, 0],
  ])
  same<typeof sized, PairDStream<string, number>>()

  // unions and several streams
  same<ReturnType<typeof f1>, DStream<string | number>>()
  const f1 = () => lines.union(numbers)
  const both = ssc.union([numbers, numbers.map((n) => n + 1)])
  same<typeof both, DStream<number>>()
  const mixed = ssc.transform([lines, numbers], ([l, n], time) => l.map((x) => `${x}${n.count()}${time.milliseconds}`))
  same<typeof mixed, DStream<string>>()
  const withOther = lines.transformWith(numbers, (l, n) => l.map((x) => x.length + n.count()))
  same<typeof withOther, DStream<number>>()
  // @ts-expect-error union needs at least one stream
  ssc.union([])
  // @ts-expect-error a transform returns an RDD
  lines.transform((rdd) => rdd.collect())
  // @ts-expect-error nor may it be asynchronous
  lines.transform(async (rdd) => rdd)

  // partitions
  const globs = numbers.glom()
  same<typeof globs, DStream<readonly number[]>>()
  const sums = numbers.mapPartitions((values) => [[...values].reduce((a, b) => a + b, 0)])
  same<typeof sums, DStream<number>>()
  same<ReturnType<typeof lines.repartition>, DStream<string>>()

  // reductions and counts
  same<ReturnType<typeof numbers.reduce>, DStream<number>>()
  same<ReturnType<typeof lines.count>, DStream<number>>()
  const byValue = lines.countByValue()
  same<typeof byValue, PairDStream<string, number>>()
  // @ts-expect-error a Uint8Array is not a key
  raw.countByValue()
  const longest = lines.reduceByWindow((a, b) => (a.length > b.length ? a : b), minutes(1), seconds(10))
  same<typeof longest, DStream<string>>()
  const moving = numbers.reduceByWindow(
    (a, b) => a + b,
    (a, b) => a - b,
    minutes(1),
    seconds(10),
    { uid: 'moving' },
  )
  same<typeof moving, DStream<number>>()
  same<ReturnType<typeof lines.countByWindow>, DStream<number>>()
  const seen = lines.countByValueAndWindow(minutes(1), seconds(10), { numPartitions: 4, uid: 'seen' })
  same<typeof seen, PairDStream<string, number>>()
  numbers.reduceByWindow(
    (a, b) => a + b,
    // @ts-expect-error the inverse takes what the function takes
    (a: string, b: string) => a + b,
    minutes(1),
    seconds(10),
  )
  // @ts-expect-error reduceByWindow needs a slide
  numbers.reduceByWindow((a, b) => a + b, minutes(1))

  // keyed
  const lists = pairs.combineByKey(
    (n) => [n],
    (ns, n) => [...ns, n],
    (a, b) => [...a, ...b],
    { mapSideCombine: false, uid: 'lists' },
  )
  same<typeof lists, PairDStream<string, number[]>>()
  const means = pairs.combineByKey(
    (n): [number, number] => [n, 1],
    ([sum, count], n): [number, number] => [sum + n, count + 1],
    ([m, c], [n, d]): [number, number] => [m + n, c + d],
  )
  same<typeof means, PairDStream<string, [number, number]>>()
  const spread = pairs.flatMapValues((n) => [n, `${n}`])
  same<typeof spread, PairDStream<string, string | number>>()
  const groups = pairs.groupByKey({ numPartitions: 3, uid: 'groups' })
  same<typeof groups, PairDStream<string, readonly number[]>>()
  const windows = pairs.groupByKeyAndWindow(minutes(1))
  same<typeof windows, PairDStream<string, readonly number[]>>()
  const other = pairs.mapValues((n) => n > 0)
  const together = pairs.cogroup(other)
  same<typeof together, PairDStream<string, readonly [left: readonly number[], right: readonly boolean[]]>>()
  const left = pairs.leftOuterJoin(other)
  same<typeof left, PairDStream<string, readonly [number, boolean | undefined]>>()
  const right = pairs.rightOuterJoin(other)
  same<typeof right, PairDStream<string, readonly [number | undefined, boolean]>>()
  const full = pairs.fullOuterJoin(other)
  same<typeof full, PairDStream<string, readonly [number | undefined, boolean | undefined]>>()
  // @ts-expect-error keyed method on a non-pair
  lines.cogroup(pairs)
  // @ts-expect-error keyed method on a non-pair
  lines.flatMapValues((x) => [x])
  pairs.reduceByKeyAndWindow(
    (a, b) => a + b,
    (a, b) => a - b,
    minutes(1),
    undefined,
    // @ts-expect-error the filter is given a pair
    { filter: (n: number) => n > 0 },
  )

  // tables
  const table = ssc.staticTable('t', async () => [['a', { plan: await asset('x').text() }]] as const)
  // Its keys are examples: other strings may be asked for, too.
  same<typeof table, StaticTable<string, { readonly plan: string }>>()
  const byPair = ssc.staticTable('by-pair', async () => [[['a', 1], true]])
  same<ReturnType<typeof byPair.get>, boolean | undefined>()
  const found = pairs.mapToPair(([w, n]) => [[w, n], 1]).joinTable(byPair)
  same<typeof found, PairDStream<[string, number], readonly [number, boolean]>>()
  const plans = ssc.staticTable('plans', async (): Promise<Map<string, number>> => new Map([['a', 1]]))
  same<typeof plans, StaticTable<string, number>>()
  const joined = pairs.leftOuterJoinTable(plans)
  same<typeof joined, PairDStream<string, readonly [number, number | undefined]>>()
  same<ReturnType<typeof plans.get>, number | undefined>()
  const wrong = ssc.staticTable('wrong', async () => [[1, 'x']] as [number, string][])
  // @ts-expect-error the table has other keys
  pairs.joinTable(wrong)
  const byRow = pairs.joinTable(plans, ([word, n]) => `${word}${n}`)
  same<typeof byRow, DStream<readonly [readonly [string, number], number]>>()
  const outerByRow = pairs.leftOuterJoinTable(plans, ([word]) => word)
  same<typeof outerByRow, DStream<readonly [readonly [string, number], number | undefined]>>()
  // @ts-expect-error the function returns another key than the table has
  pairs.joinTable(plans, ([, n]) => n)
  // @ts-expect-error a table is loaded asynchronously
  ssc.staticTable('sync', () => [['a', 1]])

  // state
  const counted = pairs.updateStateByKey((ns, s: number | undefined, key, time) => (s ?? 0) + ns.length + key.length + time.milliseconds, {
    initialState: plans,
    uid: 'counted',
  })
  same<typeof counted, PairDStream<string, number>>()
  // @ts-expect-error the initial state is of another type
  pairs.mapWithState((_k, _n, s: State<{ n: number }>) => s.get().n, { initialState: plans })
  const spec = StateSpec.function((k: string, n: number | undefined, s: State<number>, at: Time) => `${k}${n ?? 0}${s.getOption() ?? 0}${at.milliseconds}`)
    .timeout(minutes(1))
    .initialState(plans)
    .numPartitions(2)
    .uid('spec')
  const mapped = pairs.mapWithState(spec)
  same<ReturnType<typeof mapped.stateSnapshots>, PairDStream<string, number>>()
  // @ts-expect-error an asynchronous update makes no state
  pairs.updateStateByKey(async (ns) => ns.length)
  // @ts-expect-error an asynchronous mapping emits nothing
  pairs.mapWithState(async (_k, n, s: State<number>) => s.get() + (n ?? 0))
  pairs.combineByKey(
    // @ts-expect-error nor can a combiner be awaited
    async (n) => [n],
    (ns) => ns,
    (ns) => ns,
  )
  // @ts-expect-error a Promise is neither true nor false
  lines.filter(async (w) => w.length > 0)

  // RDDs
  pairs.transform((rdd) => {
    same<typeof rdd, RDD<readonly [string, number]>>()
    same<ReturnType<typeof rdd.count>, number>()
    const joinedRdd = rdd.join(rdd.mapValues((n) => `${n}`))
    same<typeof joinedRdd, RDD<readonly [string, readonly [number, string]]>>()
    same<ReturnType<typeof d>, RDD<string>>()
    const d = () => rdd.keys().distinct()
    const evens = rdd.values().filter((n): n is 2 => n === 2)
    same<typeof evens, RDD<2>>()
    // @ts-expect-error objects have no equality: take their key
    rdd.map(() => ({})).distinct()
    // @ts-expect-error lookup takes a key of the RDD
    rdd.lookup(1)
    return rdd
  })
  pairs.foreachRDD(
    async (rdd, batch) => {
      same<typeof batch.id, string>()
      same<typeof batch.time, Time>()
      await Promise.resolve(rdd.take(1))
    },
    { uid: 'send', perPartition: true },
  )
  const sink: Sink<readonly [string, number]> = {
    name: 's',
    guarantee: 'exactly-once',
    check: ([w]) => void w.at(0),
    write: async (rows, { id }) => void [rows.length, id],
  }
  pairs.saveTo(sink, { uid: 'save' })
  // A sink of any rows takes these.
  pairs.saveTo({ name: 'any', guarantee: 'at-least-once', write: async (rows: readonly unknown[]) => void rows })
  // @ts-expect-error a sink of other rows
  lines.saveTo(sink)
  const columns: ColumnSink<{ readonly key: 'text'; readonly value: 'integer' }> = {
    ...sink,
    check: () => {},
    write: async () => {},
    columns: { key: 'text', value: 'integer' },
  }
  pairs.saveTo(columns)
  // @ts-expect-error a line has no column 'key'
  lines.saveTo(columns)
  // @ts-expect-error 'key' is a number here
  pairs.map(([w, n]) => [n, w] as const).saveTo(columns)
  // @ts-expect-error outputs return nothing to go on with
  lines.print().map((x) => x)
  lines.plot('Lines', { kind: 'table' })
  pairs.plot('Pairs')
  pairs.plot('Pairs over time', { kind: 'line', x: 'time', y: 'value', by: 'key', last: seconds(30) })
  // @ts-expect-error there is no such kind
  pairs.plot('Pie', { kind: 'pie' })
  // @ts-expect-error a plot has a title
  pairs.plot()
  ssc.dashboard('All', [['Lines', 'Pairs'], ['Pairs over time']])
  // @ts-expect-error rows of titles, not titles
  ssc.dashboard('All', ['Lines'])
})
same<ReturnType<typeof seconds>, Duration>()
// @ts-expect-error a job has a batch interval
defineJob({ name: 't' }, () => {})
