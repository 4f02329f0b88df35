// Programs that cannot work fail when they are built: the message names the value, the rule and the remedy.
import { asset, defineJob, type DStream, json, MillraceError, seconds, type StreamingContext, text, time } from 'millrace'
import { describe, expect, it } from 'vitest'
import { buildGraph } from '../../lib/program/dstream-graph.ts'
import { planJob } from '../../lib/plan/plan-job.ts'

type Program = (ssc: StreamingContext, words: DStream<string>) => unknown

const build = (program: Program): void => {
  planJob(
    defineJob({ name: 'program', batchInterval: seconds(2) }, (ssc) => {
      const words = ssc.kinesisStream('words', text())
      words.print()
      program(ssc, words)
    }),
  )
}
const pairs = (words: DStream<string>): ReturnType<typeof words.mapToPair<string, number>> => words.mapToPair((w) => [w, 1])
const plus = (a: number, b: number): number => a + b
const wrong = (value: unknown): never => value as never

describe('streams and tables', () => {
  it.each<[string, Program, string]>([
    ['an empty stream name', (ssc) => ssc.kinesisStream('', text()), 'kinesisStream got the string "" as its name; it must be 1 to 128'],
    ['a stream that is read twice', (ssc) => ssc.kinesisStream('words', json()), "the stream 'words' is read already"],
    ['a decoder that is none', (ssc) => ssc.kinesisStream('x', wrong(JSON.parse)), 'got the function parse as its decoder; use text()'],
    ['a queue that is none', (ssc) => ssc.queueStream(wrong([1, 2])), 'it takes an array of batches'],
    ['a folder that is none', (ssc) => ssc.textFileStream(''), 'textFileStream got the string "" as its folder'],
    ['a record without length', (ssc) => ssc.binaryRecordsStream('in', 0), 'got the number 0 as the length of a record'],
    ['a table twice', (ssc) => [ssc.staticTable('t', async () => []), ssc.staticTable('t', async () => [])], "there is a table 't' already"],
    ['a table without a name', (ssc) => ssc.staticTable(wrong(undefined), async () => []), 'staticTable got undefined as its name'],
    ['a table without a function', (ssc) => ssc.staticTable('t', wrong([['a', 1]])), 'it takes a function that returns a Promise of pairs'],
    [
      'a table that is read while the program is built',
      (ssc) => ssc.staticTable('t', async () => [['a', 1]]).get('a'),
      "static table 't' is not loaded: get('a') was called while the program was built",
    ],
    ['a union of nothing', (ssc) => ssc.union(wrong([])), 'union got no streams'],
    [
      'a stream of another job',
      (ssc, words) => {
        let other: DStream<string> | undefined
        buildGraph(defineJob({ name: 'other', batchInterval: seconds(2) }, (s) => void (other = s.queueStream([['a']]))))
        return words.union(other ?? words)
      },
      'Some of the DStreams have different contexts',
    ],
  ])('%s', (_name, program, message) => expect(() => build(program)).toThrow(message))
})

describe('windows', () => {
  it.each<[string, Program, string]>([
    [
      'a window that is no multiple',
      (_s, w) => w.window(seconds(3)),
      'window: The window duration of windowed DStream (3000 ms) must be a multiple of the slide duration of parent DStream (2000 ms); take 2000 ms or 4000 ms',
    ],
    [
      'a slide that is no multiple',
      (_s, w) => w.window(seconds(4), seconds(1)),
      'The slide duration of windowed DStream (1000 ms) must be a multiple of the slide duration of parent DStream (2000 ms); take 2000 ms',
    ],
    [
      'a slide that does not fit a window above',
      (_s, w) => w.window(seconds(4), seconds(4)).countByWindow(seconds(12), seconds(6)),
      'The slide duration of windowed DStream (6000 ms) must be a multiple of the slide duration of parent DStream (4000 ms)',
    ],
    ['a number', (_s, w) => w.window(wrong(60)), 'window: the window duration is the number 60; it must be a Duration'],
    [
      'no time at all',
      (_s, w) => pairs(w).reduceByKeyAndWindow(plus, seconds(0)),
      'reduceByKeyAndWindow: the window duration is 0 ms; it must be a Duration longer than 0 ms',
    ],
    ['no window', (_s, w) => pairs(w).reduceByKeyAndWindow(plus, wrong(undefined)), 'the window duration is undefined'],
    [
      'a join of different slides',
      (_s, w) => pairs(w).join(pairs(w).window(seconds(8), seconds(4))),
      'cogroup: Some of the DStreams have different slide durations (2000 ms, 4000 ms)',
    ],
    ['a union of different slides', (_s, w) => w.union(w.window(seconds(8), seconds(4))), 'union: Some of the DStreams have different slide durations'],
    ['a time-out of nothing', (_s, w) => pairs(w).mapWithState(() => 1, { timeout: seconds(0) }), 'mapWithState: its timeout is 0 ms'],
  ])('%s', (_name, program, message) => expect(() => build(program)).toThrow(message))
})

describe('functions and options', () => {
  it.each<[string, Program, string]>([
    [
      'an asynchronous map',
      (_s, w) => w.map(wrong(async () => 1)),
      'map got a function, which is asynchronous: a Promise is never a record; load what it needs with a static table',
    ],
    ['an asynchronous generator', (_s, w) => w.flatMap(wrong(async function* parts() {})), 'flatMap got the function parts, which is asynchronous'],
    ['an asynchronous filter', (_s, w) => w.filter(wrong(async () => true)), 'filter got a function, which is asynchronous'],
    ['an asynchronous keyBy', (_s, w) => w.keyBy(wrong(async () => 'a')), 'keyBy got a function, which is asynchronous'],
    ['an asynchronous mapValues', (_s, w) => pairs(w).mapValues(wrong(async () => 1)), 'mapValues got'],
    ['an asynchronous flatMapValues', (_s, w) => pairs(w).flatMapValues(wrong(async () => [1])), 'flatMapValues got'],
    ['an asynchronous reduce', (_s, w) => pairs(w).reduceByKey(wrong(async () => 1)), 'reduceByKey got'],
    [
      'an asynchronous combiner',
      (_s, w) =>
        pairs(w).combineByKey(
          (n) => n,
          plus,
          wrong(async () => 1),
        ),
      'combineByKey got',
    ],
    [
      'an asynchronous inverse',
      (_s, w) =>
        pairs(w).reduceByKeyAndWindow(
          plus,
          wrong(async () => 1),
          seconds(4),
        ),
      'reduceByKeyAndWindow got',
    ],
    ['an asynchronous transform', (_s, w) => w.transform(wrong(async (rdd: unknown) => rdd)), 'transform got'],
    [
      'an asynchronous transformWith',
      (_s, w) =>
        w.transformWith(
          w,
          wrong(async (rdd: unknown) => rdd),
        ),
      'transformWith got',
    ],
    [
      'an asynchronous transform of several',
      (ssc, w) =>
        ssc.transform(
          [w, w],
          wrong(async () => []),
        ),
      'transform got',
    ],
    ['an asynchronous mapPartitions', (_s, w) => w.mapPartitions(wrong(async () => [])), 'mapPartitions got'],
    ['an asynchronous update', (_s, w) => pairs(w).updateStateByKey(wrong(async () => 1)), 'updateStateByKey got'],
    ['an asynchronous mapping', (_s, w) => pairs(w).mapWithState(wrong(async () => 1)), 'mapWithState got'],
    ['no function', (_s, w) => w.map(wrong(1)), 'map got the number 1; it takes a function'],
    ['foreachRDD without a function', (_s, w) => w.foreachRDD(wrong('x')), 'foreachRDD got the string "x"; it takes a function'],
    [
      'no partitions',
      (_s, w) => pairs(w).reduceByKey(plus, { numPartitions: 0 }),
      'reduceByKey: numPartitions is the number 0; it must be a whole number from 1 to 64',
    ],
    ['half a partition', (_s, w) => w.repartition(1.5), 'repartition: numPartitions is the number 1.5'],
    ['a uid that is no name', (_s, w) => pairs(w).groupByKey({ uid: 'a/b' }), 'groupByKey: its uid is the string "a/b"; it must be 1 to 64 letters'],
    ['a uid twice', (_s, w) => [pairs(w).groupByKey({ uid: 'x' }).print(), pairs(w).groupByKey({ uid: 'x' }).print()], "the uid 'x' is given to two operators"],
    ['print of half a row', (_s, w) => w.print(0.5), 'print got the number 0.5'],
  ])('%s', (_name, program, message) => expect(() => build(program)).toThrow(message))
})

describe('outputs', () => {
  it.each<[string, Program, string]>([
    ['an empty prefix', (_s, w) => w.saveAsTextFiles(''), 'saveAsTextFiles got the string "" as its prefix; it must be a relative path of names'],
    ['an absolute prefix', (_s, w) => w.saveAsJsonFiles('/tmp/x'), 'as its prefix'],
    ['a prefix that climbs', (_s, w) => w.saveAsObjectFiles('a/../../b'), 'as its prefix'],
    ["Millrace's own folder", (_s, w) => w.saveAsTextFiles('_millrace/x'), 'not under _millrace'],
    ['a suffix with a slash', (_s, w) => w.saveAsTextFiles('x', 'a/b'), 'as its suffix'],
    ['a prefix twice', (_s, w) => [w.saveAsTextFiles('x'), w.saveAsJsonFiles('x')], "saveAsJsonFiles: another output writes to 'x-<TIME_IN_MS>' already"],
  ])('%s', (_name, program, message) => expect(() => build(program)).toThrow(message))

  it('lets the same prefix stand with another suffix', () =>
    expect(() => build((_s, w) => [w.saveAsTextFiles('x', 'a'), w.saveAsTextFiles('x', 'b')])).not.toThrow())
})

describe('jobs', () => {
  it.each<[string, () => unknown, string]>([
    ['no name', () => defineJob({ name: '', batchInterval: seconds(1) }, () => {}), 'defineJob got the string "" as its name'],
    [
      'a number for an interval',
      () => defineJob({ name: 'a', batchInterval: wrong(5) }, () => {}),
      "job 'a': batchInterval is the number 5; it must be a Duration",
    ],
    ['too many partitions', () => defineJob({ name: 'a', batchInterval: seconds(1), numPartitions: 65 }, () => {}), 'numPartitions is the number 65'],
    [
      'a word for onError',
      () => defineJob({ name: 'a', batchInterval: seconds(1), onError: wrong('ignore') }, () => {}),
      "onError is the string \"ignore\"; it must be 'dead-letter' or 'fail'",
    ],
    ['no program', () => defineJob({ name: 'a', batchInterval: seconds(1) }, wrong(undefined)), "job 'a' got undefined as its program"],
    [
      'an asynchronous program',
      () =>
        defineJob(
          { name: 'a', batchInterval: seconds(1) },
          wrong(async () => {}),
        ).streams,
      'its build function is asynchronous',
    ],
    ['what is no job', () => planJob(wrong({ name: 'a' })), 'is not a job: a job is what defineJob returns'],
    [
      'a program without outputs',
      () => planJob(defineJob({ name: 'a', batchInterval: seconds(1) }, (ssc) => void ssc.queueStream([[1]]))),
      'no output operations registered',
    ],
    ['an asset outside of the project', () => asset('../secret'), "asset '../secret': a path must be relative"],
    ['half a millisecond', () => time(0.5), 'whole number'],
  ])('%s', (_name, attempt, message) => {
    expect(attempt).toThrow(message)
    expect(attempt).toThrow(MillraceError)
  })

  it('builds a program once, and not before it is looked at', () => {
    let built = 0
    const job = defineJob({ name: 'a', batchInterval: seconds(1) }, (ssc) => {
      built++
      ssc.kinesisStream('s', text()).print()
    })
    expect([job.name, job.batchInterval.milliseconds, built]).toEqual(['a', 1000, 0])
    expect([job.streams, planJob(job).inputs.length, built]).toEqual([['s'], 1, 1])
  })
})
