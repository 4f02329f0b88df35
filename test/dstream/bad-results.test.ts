// What a function returns although its type forbids it: only that record is lost, and the message says why.
import { type DStream } from 'millrace'
import { expect, it } from 'vitest'
import { runProgram } from '../vectors/run-program.ts'
import type { Layout } from '../vectors/vector.ts'

const LAYOUT: Layout = { name: '', numPartitions: 2, shards: 1, seed: 1, silence: 'run', native: false }
const late = (value: unknown): never => Promise.resolve(value) as never
const bad = (value: unknown): never => value as never

it.each<[string, (words: DStream<string>) => DStream<unknown>, string]>([
  ['map', (w) => w.map((x) => (x === 'bad' ? late(x) : x)), 'the function of map returned a Promise'],
  ['filter', (w) => w.filter((x) => (x === 'bad' ? late(true) : true)), 'the function of filter returned a Promise'],
  ['flatMap', (w) => w.flatMap((x) => (x === 'bad' ? late([x]) : [x])), 'the function of flatMap returned a Promise'],
  [
    'flatMap of nothing',
    (w) => w.flatMap((x) => (x === 'bad' ? bad(undefined) : [x])),
    'the function of flatMap returned undefined: it must return an iterable',
  ],
  ['flatMap of a number', (w) => w.flatMap((x) => (x === 'bad' ? bad(7) : [x])), 'the function of flatMap returned the number 7: it must return an iterable'],
  [
    'mapValues',
    (w) =>
      w
        .mapToPair((x) => [x, x])
        .mapValues((x) => (x === 'bad' ? late(x) : x))
        .map(([, x]) => x),
    'the function of mapValues returned a Promise',
  ],
  [
    'flatMapValues',
    (w) =>
      w
        .mapToPair((x) => [x, x])
        .flatMapValues((x) => (x === 'bad' ? late([x]) : [x]))
        .map(([, x]) => x),
    'the function of flatMapValues returned a Promise',
  ],
  [
    'keyBy',
    (w) =>
      w
        .keyBy((x) => (x === 'bad' ? late(x) : x))
        .groupByKey()
        .map(([x]) => x),
    'a key cannot be awaited',
  ],
  [
    'an object as key',
    (w) =>
      w
        .keyBy((x) => (x === 'bad' ? bad({ x }) : x))
        .groupByKey()
        .map(([x]) => x),
    'use the fields that identify it',
  ],
  [
    'no pair',
    (w) =>
      w
        .mapToPair((x) => (x === 'bad' ? bad('bad') : [x, 1]))
        .groupByKey()
        .map(([x]) => x),
    'takes pairs',
  ],
  ['mapWithState', (w) => w.mapToPair((x) => [x, x]).mapWithState((_k, x) => (x === 'bad' ? late(x) : x)), 'the function of mapWithState returned a Promise'],
  [
    'updateStateByKey',
    (w) =>
      w
        .mapToPair((x) => [x, x])
        .updateStateByKey((xs) => (xs.includes('bad') ? late(xs) : xs[0]))
        .map(([, x]) => x),
    'the function of updateStateByKey returned a Promise',
  ],
])('%s', async (_name, operation, message) => {
  const run = await runProgram(
    { intervalMs: 1000, batches: 1, inputs: { words: [['good', 'bad', 'fine']] }, build: (_ssc, { words }) => ({ out: operation(words as DStream<string>) }) },
    LAYOUT,
  )
  expect(run.error).toBeUndefined()
  expect([...(run.outputs['out']?.[0] ?? [])].sort()).toEqual(['fine', 'good'])
  expect(run.deadLetters.map(({ error }) => error.message)).toEqual([expect.stringContaining(message)])
})

it.each<[string, (words: DStream<string>) => DStream<unknown>, string]>([
  ['a transform that returns no RDD', (w) => w.transform(() => bad(null)), 'the function of transform returned null; it must return an RDD'],
  ['a transform that returns rows', (w) => w.transform((rdd) => bad(rdd.collect())), 'the function of transform returned an array of 1'],
  ['a transform that returns a Promise', (w) => w.transform((rdd) => late(rdd)), 'the function of transform returned a Promise'],
  [
    'mapPartitions without an iterable',
    (w) => w.mapPartitions(() => bad(1)),
    'the function of mapPartitions returned the number 1: it must return an iterable',
  ],
  [
    'a reduce without a value',
    (w) =>
      w
        .flatMap((x) => [x, x])
        .mapToPair(() => ['a', 1] as const)
        .reduceByKey(() => bad(undefined)),
    'the function of reduceByKey returned undefined: it must return a value',
  ],
  ['a reduce of rows without a value', (w) => w.flatMap((x) => [x, x]).reduce(() => bad(undefined)), 'the function of reduceByKey returned undefined'],
  [
    'a combineByKey without a value',
    (w) =>
      w
        .flatMap((x) => [x, x])
        .mapToPair(() => ['a', 1] as const)
        .combineByKey(
          (n) => bad(n),
          () => bad(undefined),
          () => bad(undefined),
        ),
    'the function of combineByKey returned undefined',
  ],
  [
    'a windowed reduce without a value',
    (w) =>
      w
        .mapToPair(() => ['a', 1])
        .window({ milliseconds: 1000 } as never)
        .reduceByKeyAndWindow(() => bad(undefined), { milliseconds: 2000 } as never),
    'the function of reduceByKeyAndWindow returned undefined',
  ],
])('%s stops the batch', async (_name, operation, message) => {
  const run = await runProgram(
    { intervalMs: 1000, batches: 2, inputs: { words: [['a'], ['a']] }, build: (_ssc, { words }) => ({ out: operation(words as DStream<string>) }) },
    { ...LAYOUT, numPartitions: 1 },
  )
  expect(run.error?.message).toContain(message)
})
