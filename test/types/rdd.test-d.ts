// What the operations of an RDD infer, and what they refuse; and the inputs and outputs that operators.test-d.ts has not.
import { defineJob, interval, seconds, text, time, type DStream, type Duration, type Interval, type RDD } from 'millrace'
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [{ expected: B; got: A }]): void => {}

defineJob({ name: 't', batchInterval: seconds(1) }, (ssc) => {
  const lines = ssc.textFileStream('in', { newFilesOnly: false, filter: (path) => path.endsWith('.txt') })
  same<typeof lines, DStream<string>>()
  const firstLines = lines.transform((rdd) => rdd.limit(2))
  same<typeof firstLines, DStream<string>>()
  const records = ssc.binaryRecordsStream('in', 8)
  same<typeof records, DStream<Uint8Array>>()
  // @ts-expect-error the length of a record is a number
  ssc.binaryRecordsStream('in')
  const words = lines.flatMap((line) => line.split(' '))
  same<typeof words, DStream<string>>()
  // @ts-expect-error flatMap yields an iterable
  lines.flatMap((line) => line.length)
  lines.saveAsTextFiles('lines', 'txt')
  lines.saveAsObjectFiles('objects', 'bin')
  lines.saveAsJsonFiles('json')
  // @ts-expect-error saveAsJsonFiles takes no suffix
  lines.saveAsJsonFiles('json', 'x')
  // @ts-expect-error print takes a number
  lines.print('10')

  const pairs = ssc.kinesisStream('w', text()).mapToPair((w) => [w, 1])
  // Spark's iterator form: the type of the state is written once, at the entries.
  const most = pairs.updateStateByKey(
    (entries: readonly (readonly [string, readonly number[], { n: number } | undefined])[], at) =>
      entries.map(([key, ns]) => [key, { n: ns.length + at.milliseconds }] as const),
    { perPartition: true, uid: 'most' },
  )
  same<typeof most, DStream<readonly [string, { readonly n: number }]>>()

  pairs.foreachRDD(async (rdd) => {
    const f = rdd.flatMap(([w, n]) => [w, n])
    same<typeof f, RDD<string | number>>()
    const z = rdd.zipWithIndex()
    same<typeof z, RDD<readonly [readonly [string, number], number]>>()
    const c = rdd.keys().cartesian(rdd.values())
    same<typeof c, RDD<readonly [string, number]>>()
    const g = rdd.groupBy(([, n]) => n)
    same<typeof g, RDD<readonly [number, readonly (readonly [string, number])[]]>>()
    same<ReturnType<typeof s>, RDD<string>>()
    const s = () => rdd.keys().subtract(rdd.keys()).intersection(rdd.keys())
    const k = rdd.sortBy(([, n]) => [n, 'x'], { ascending: false }).sortByKey()
    same<typeof k, RDD<readonly [string, number]>>()
    const t = [rdd.top(1, ([, n]) => n), rdd.takeOrdered(1, ([w]) => w)]
    same<typeof t, (readonly (readonly [string, number])[])[]>()
    const o = [...rdd.keys().top(3), ...rdd.keys().takeOrdered(3), rdd.keys().first()]
    same<typeof o, string[]>()
    // @ts-expect-error objects have no order: say by what
    rdd.map(() => ({})).top(3)
    same<ReturnType<typeof rdd.isEmpty>, boolean>()
    // @ts-expect-error foreach takes one row
    rdd.foreach((a, b) => b)
    const p = await rdd.foreachPartition(async (rows) => [...rows].length)
    same<typeof p, number>()
    const total = rdd.values().fold(0, (a, b) => a + b)
    same<typeof total, number>()
    const text = rdd.aggregate(
      '',
      (sum, [w]) => sum + w,
      (a, b) => a + b,
    )
    same<typeof text, string>()
    const sizes = rdd.aggregateByKey(
      0n,
      (sum, n) => sum + BigInt(n),
      (a, b) => a + b,
    )
    same<typeof sizes, RDD<readonly [string, bigint]>>()
    const combined = rdd.combineByKey(
      (n) => [n],
      (ns, n) => [...ns, n],
      (a, b) => [...a, ...b],
    )
    same<typeof combined, RDD<readonly [string, number[]]>>()
    same<ReturnType<ReturnType<typeof rdd.countByKey>['get']>, number | undefined>()
    same<ReturnType<ReturnType<typeof m>['get']>, number | undefined>()
    const m = () => rdd.collectAsMap()
    const l = rdd.subtractByKey(rdd.mapValues((n) => n > 1))
    same<typeof l, RDD<readonly [string, number]>>()
    // @ts-expect-error the other has other keys
    rdd.subtractByKey(rdd.keyBy(([, n]) => n))
  })
})

const between = interval(time(0), time(1_000))
same<typeof between, Interval>()
same<typeof between.duration, Duration>()
// @ts-expect-error an interval lies between times
interval(0, 1_000)
