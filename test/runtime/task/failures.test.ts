import { describe, expect, it } from 'vitest'
import { defineJob, json, seconds, text, type Job, type State } from '../../../lib/index.ts'
import { failureOf } from '../../../lib/runtime/task/failure.ts'
import { planJob } from '../../../lib/plan/plan-job.ts'
import type { Runtime } from '../../../lib/runtime/create-runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'

type Operator = 'reduce' | 'transform' | 'foreach' | 'none'
const X = 180_000

/** Sums per key; one operator fails on the key 'bad'. `called`: what foreachRDD got. */
function program(fails: Operator, called: unknown[] = [], partitions = 1): Job {
  return defineJob({ name: 'sums', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
    const pairs = ssc
      .kinesisStream('lines', json())
      .map((row) => row as [string, number])
      .mapToPair((row) => row)
    const sums = pairs.reduceByKey(
      (a, b) => {
        if (fails === 'reduce' && (a < 0 || b < 0)) throw new RangeError('negative')
        return a + b
      },
      { uid: 'sum' },
    )
    sums.saveAsJsonFiles('sums')
    sums
      .transform(
        (rdd) => {
          if (fails === 'transform') throw new RangeError('no transform')
          return rdd.map(([key, n]) => ({ key, n }))
        },
        { perPartition: true },
      )
      .saveAsJsonFiles('shaped')
    sums.foreachRDD(
      (rdd, batch) => {
        if (fails === 'foreach') throw new RangeError('no effect')
        called.push([batch.id, rdd.collect()])
      },
      { uid: 'effect', perPartition: true },
    )
    pairs
      .mapWithState(
        (key, n, state: State<number>) => {
          state.update((state.getOption() ?? 0) + (n ?? 0))
          return [key, state.get()] as const
        },
        { uid: 'totals' },
      )
      .saveAsJsonFiles('totals')
  })
}

const ROWS = ['["bad",-1]', '["good",1]', '["bad",2]', '["good",2]']
const failed = async (engine: Engine, batch = 0): Promise<ReturnType<typeof failureOf>> => failureOf(await engine.ports.progress.get(batch))
const part = (engine: Engine, directory: string, batch = 1_010_000): Promise<string | null> => engine.text(`${directory}-${batch}/part-00000`)
const skip = (engine: Engine, uid: string): Promise<unknown> =>
  engine.ports.progress.add(0, { names: [`skip/${uid}`], attributes: {}, atMs: engine.clock.now(), expiresAtMs: null })

async function fail(engine: Engine, runtime: Runtime): Promise<void> {
  await engine.deliver(runtime, ROWS)
  await engine.runTo(runtime, 1_020_000)
}

/** What has no uid of its own is called by its kind and where it stands; the failure says how. */
const SHAPE = [...planJob(program('none')).uids].find(([node]) => node.kind === 'transform')![1]

const OPERATORS: readonly (readonly [Operator, string, RegExp])[] = [
  ['reduce', 'sum', /operator 'sum' threw while it combined the values of key "bad": RangeError: negative/],
  ['transform', SHAPE, /operator 'transform-\S+' threw in batch 1010000: RangeError: no transform/],
  ['foreach', 'effect', /operator 'effect' \(foreachRDD\) threw in batch 1010000: RangeError: no effect/],
]

describe.each(OPERATORS)('a %s that throws', (operator, uid, message) => {
  it('stops the batch, and is tried again after X, again and again', async () => {
    const engine = makeEngine(program(operator))
    const runtime = engine.process()
    await fail(engine, runtime)
    expect(await failed(engine)).toMatchObject({ operator: uid, attempts: 1, task: 'stage-1x1/0', message: expect.stringMatching(message) })
    expect(await engine.text('sums-1010000/_SUCCESS')).toBeNull()
    expect(engine.ports.messages.pending.map(({ message }) => message.kind)).toEqual(['tick'])
    // Neither a tick before X, nor more records, make it run.
    await engine.tick(runtime)
    await engine.deliver(runtime, ['["later",1]'], { from: 4 })
    await engine.runTo(runtime, 1_020_000 + X - 10_000)
    expect((await failed(engine))?.attempts).toBe(1)
    for (const attempts of [2, 3]) {
      engine.clock.moveTo(engine.clock.now() + X + 1)
      await engine.tick(runtime)
      expect((await failed(engine))?.attempts).toBe(attempts)
    }
    expect(await engine.entries('batch')).toHaveLength(1)
  })

  it('goes on after a deploy that mends it', async () => {
    const engine = makeEngine(program(operator))
    await fail(engine, engine.process())
    const called: unknown[] = []
    const mended = engine.process({ deploy: 2, job: program('none', called) })
    engine.clock.moveTo(1_020_000 + X)
    await engine.tick(mended)
    expect(await part(engine, 'sums')).toBe('["bad",1]\n["good",3]\n')
    expect(await part(engine, 'shaped')).toBe('{"key":"bad","n":1}\n{"key":"good","n":3}\n')
    expect(called).toEqual([
      [
        'sums/effect/1010000/0',
        [
          ['bad', 1],
          ['good', 3],
        ],
      ],
    ])
    expect(JSON.parse((await engine.text('sums-1010000/_SUCCESS'))!)).toMatchObject({ skipped: [], deadLetters: 0 })
    // And the job is alive: the next batch comes.
    await engine.deliver(mended, ['["bad",5]'], { from: 4 })
    await engine.runTo(mended, engine.clock.now() + 60_000)
    expect(await part(engine, 'totals', 1_210_000)).toBe('["bad",6]\n')
  })

  it('is left out on command, at once, and nothing else is', async () => {
    const called: unknown[] = []
    const engine = makeEngine(program(operator, called))
    const runtime = engine.process()
    await fail(engine, runtime)
    await skip(engine, uid)
    await engine.tick(runtime)
    const kept =
      operator === 'reduce'
        ? [['good', 3]]
        : [
            ['bad', 1],
            ['good', 3],
          ]
    expect(await part(engine, 'sums')).toBe(kept.map((row) => `${JSON.stringify(row)}\n`).join(''))
    expect(await part(engine, 'shaped')).toBe(operator === 'transform' ? null : kept.map(([key, n]) => `${JSON.stringify({ key, n })}\n`).join(''))
    expect(called).toEqual(operator === 'foreach' ? [] : [['sums/effect/1010000/0', kept]])
    expect(await part(engine, 'totals')).toBe('["bad",-1]\n["good",1]\n["bad",1]\n["good",3]\n')
    const letters = await engine.deadLetters('task/stage-1x1/0')
    const lost = {
      // What could be combined before the shuffle, and what could not: each a pair.
      reduce: [
        { key: 'bad', value: -1 },
        { key: 'bad', value: 2 },
      ],
      transform: [
        { key: 'bad', value: 1 },
        { key: 'good', value: 3 },
      ],
      foreach: [],
      none: [],
    }[operator]
    expect(letters.map(({ row }) => row)).toEqual(lost)
    expect(letters.every((letter) => letter.operator === uid && letter.error.name === 'RangeError')).toBe(true)
    expect(JSON.parse((await engine.text('sums-1010000/_SUCCESS'))!)).toEqual({
      batch: 0,
      time: 1_010_000,
      parts: [{ name: 'part-00000', rows: kept.length }],
      deadLetters: lost.length,
      skipped: [uid],
    })
    expect(await failed(engine)).toBeNull()
    const [entry] = await engine.entries('task/stage-1x1/0')
    expect(entry).toMatchObject({ skipped: operator === 'foreach' ? [] : [uid] })
  })

  it('waits on where another operator is to be left out', async () => {
    const engine = makeEngine(program(operator))
    const runtime = engine.process()
    await fail(engine, runtime)
    await skip(engine, 'another')
    await engine.tick(runtime)
    expect(await failed(engine)).toMatchObject({ operator: uid, attempts: 1 })
    expect(await engine.text('sums-1010000/_SUCCESS')).toBeNull()
  })
})

describe('failures in several partitions', () => {
  it('are counted, and the command leaves the operator out in all of them', async () => {
    const engine = makeEngine(program('transform', [], 4))
    const runtime = engine.process({ numPartitions: 4 })
    await engine.deliver(runtime, ['["a",1]', '["b",1]', '["c",1]', '["d",1]', '["e",1]'])
    await engine.runTo(runtime, 1_020_000)
    expect((await failed(engine))?.attempts).toBe(4)
    const { operator } = (await failed(engine))!
    await skip(engine, operator)
    await engine.tick(runtime)
    await engine.runTo(runtime, 1_030_000)
    expect(JSON.parse((await engine.text('sums-1010000/_SUCCESS'))!)).toMatchObject({ deadLetters: 5, skipped: [operator] })
    expect(await engine.ports.objects.list('shaped-1010000/part')).toEqual([])
  })
})

describe('onError: fail', () => {
  const strict = defineJob({ name: 'strict', batchInterval: seconds(10), onError: 'fail' }, (ssc) => {
    ssc
      .kinesisStream('lines', json())
      .mapToPair((row) => row as [string, number])
      .reduceByKey((a, b) => a + b)
      .map(([key, n]) => {
        if (n < 0) throw new RangeError('negative')
        return [key, n]
      })
      .saveAsJsonFiles('sums')
  })

  it('stops receive at a record that cannot be decoded, and commits nothing', async () => {
    const engine = makeEngine(strict)
    await expect(engine.deliver(engine.process(), ['["a",1]', '{'])).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      operator: 'lines',
      message: expect.stringMatching(/failed on record 2 of lines\/shard-0, .*onError: 'fail': .*not JSON.*the shard waits\. Mend the program, or/),
    })
    expect(await engine.entries('rec/lines/shard-0')).toEqual([])
  })

  it('names the place in the program of a function that throws before the shuffle', async () => {
    const job = defineJob({ name: 'strict', batchInterval: seconds(10), onError: 'fail' }, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .map((line) => {
          if (line === 'bad') throw new RangeError('no bad lines')
          return line
        })
        .saveAsTextFiles('lines')
    })
    const engine = makeEngine(job)
    await expect(engine.deliver(engine.process(), ['good', 'bad'])).rejects.toThrow(
      /operator 'map-\S+' failed on record 2 of lines\/shard-0, .*: RangeError: no bad lines \(\S*failures\.test\.ts:\d+:\d+\)\. Nothing/,
    )
  })

  it('stops the batch at a row behind the shuffle, until its operator is left out', async () => {
    const engine = makeEngine(strict)
    const runtime = engine.process()
    await engine.deliver(runtime, ['["a",-1]', '["b",1]'])
    await engine.runTo(runtime, 1_020_000)
    expect(await failed(engine)).toMatchObject({ operator: expect.stringMatching(/^map-/), attempts: 1 })
    const { operator } = (await failed(engine))!
    await skip(engine, operator)
    await engine.tick(runtime)
    expect(await part(engine, 'sums')).toBe('["b",1]\n')
    expect(JSON.parse((await engine.text('sums-1010000/_SUCCESS'))!)).toMatchObject({ deadLetters: 1, skipped: [operator] })
  })
})
