// What a sink is given of a batch, when, and what becomes of what it throws.
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job, type Sink, type SinkBatch, type StreamingContext } from '../../../lib/index.ts'
import { planJob } from '../../../lib/plan/plan-job.ts'
import { makeEngine, type Engine } from '../engine.ts'

interface Written {
  readonly rows: readonly unknown[]
  readonly batch: SinkBatch
}

const X = 180_000
const rowsOf = (written: readonly Written[]): unknown[] => written.flatMap(({ rows }) => rows).sort()

interface Programmed {
  readonly sink: Sink<string>
  readonly partitions?: number
  readonly uid?: string
}
const program = ({ sink, partitions = 1, uid }: Programmed): Job =>
  defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
    const words = ssc
      .kinesisStream('lines', text())
      .mapToPair((word) => [word, 1])
      .groupByKey()
      .map(([word]) => word)
    words.saveTo(sink, uid === undefined ? {} : { uid })
  })

function collecting(more: Partial<Sink<string>> = {}): { readonly sink: Sink<string>; readonly written: Written[] } {
  const written: Written[] = []
  return { written, sink: { name: 'words', guarantee: 'exactly-once', write: async (rows, batch) => void written.push({ rows, batch }), ...more } }
}

describe('a sink', () => {
  it('is given the committed rows of each partition, and of which batch they are', async () => {
    const { sink, written } = collecting()
    const engine = makeEngine(program({ sink, partitions: 3 }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    await engine.runTo(runtime, 1_015_000)
    expect(rowsOf(written)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    expect(written.map(({ batch }) => batch.partition).sort()).toEqual([0, 1, 2])
    for (const { batch } of written) {
      expect(batch).toMatchObject({ job: 'j', partitions: 3, time: { milliseconds: 1_010_000 } })
      expect(batch.run).toMatch(/^000000001010000-/)
      expect(batch.id).toMatch(/^[0-9a-f]{32}$/)
      expect(batch.signal.aborted).toBe(false)
    }
    expect(new Set(written.map(({ batch }) => batch.id)).size).toBe(3)
  })

  it('is opened once per process, and again where that failed', async () => {
    let opens = 0
    const { sink, written } = collecting({
      open: async () => {
        if (++opens === 1) throw new Error('the database is not there yet')
      },
    })
    const engine = makeEngine(program({ sink, partitions: 2 }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b', 'c'])
    await engine.runTo(runtime, 1_015_000)
    expect(engine.events.find(({ event }) => event === 'failed')).toMatchObject({
      operator: 'saveTo.words',
      message: expect.stringMatching(/operator 'saveTo.words' \(saveTo\) threw in batch 1010000: Error: the database is not there yet/),
    })
    engine.clock.moveTo(1_015_000 + X)
    await engine.tick(runtime)
    await engine.runTo(runtime, 1_020_000 + X)
    expect(rowsOf(written)).toEqual(['a', 'b', 'c'])
    expect(opens).toBe(2)
  })

  it('is given the same rows under the same id when it is called again, by another process', async () => {
    let fails = true
    const { sink, written } = collecting({
      write: async (rows, batch) => {
        written.push({ rows, batch })
        if (fails) throw new Error('no answer')
      },
    })
    const engine = makeEngine(program({ sink }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b'])
    await engine.runTo(runtime, 1_015_000)
    fails = false
    engine.clock.moveTo(1_015_000 + X)
    const other = engine.process()
    await engine.tick(other)
    await engine.runTo(other, 1_020_000 + X)
    expect(written.map(({ rows }) => rows)).toEqual([written[0]!.rows, written[0]!.rows])
    expect(new Set(written.map(({ batch: { id, run, partition } }) => `${id} ${run} ${partition}`)).size).toBe(1)
  })

  it('never sees a row that its check refuses: that is a dead letter, with the reason', async () => {
    const { sink, written } = collecting({
      check: (word) => {
        if (word === 'b') throw new RangeError('no b')
      },
    })
    const engine = makeEngine(program({ sink }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b', 'c'])
    await engine.runTo(runtime, 1_015_000)
    expect(rowsOf(written)).toEqual(['a', 'c'])
    expect(await engine.deadLetters('task/stage-1x1/0')).toMatchObject([
      { operator: 'saveTo.words', error: { name: 'RangeError', message: 'no b' }, row: { value: 'b' } },
    ])
  })

  it('may leave out a row after the commit: it is logged and counted', async () => {
    const { sink } = collecting({ write: async (_rows, { refuse }) => refuse('a', new Error("row 'a': the column is too narrow")) })
    const engine = makeEngine(program({ sink }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a'])
    await engine.runTo(runtime, 1_015_000)
    expect(engine.events.find(({ event }) => event === 'refusedRow')).toMatchObject({
      operator: 'saveTo.words',
      batch: 0,
      error: "row 'a': the column is too narrow",
    })
    expect(engine.events.some(({ event, refusedRows }) => event === 'invocation' && refusedRows === 1)).toBe(true)
  })

  it('that overwrites by key gets all of a key in one partition, whatever stands before it', async () => {
    const written: Written[] = []
    const sink: Sink<readonly [string, number]> = {
      name: 'counts',
      guarantee: 'exactly-once',
      upserts: 'table counts',
      write: async (rows, batch) => void written.push({ rows, batch }),
    }
    const job = defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: 3 }, (ssc) => {
      const pairs = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
      pairs
        .reduceByKey((a, b) => a + b)
        .map(([word, n]) => [`${n}`, word.length] as const)
        .saveTo(sink)
    })
    const engine = makeEngine(job)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'g'])
    await engine.runTo(runtime, 1_015_000)
    const withOne = written.filter(({ rows }) => rows.some((row) => (row as readonly [string, number])[0] === '1'))
    expect(withOne).toHaveLength(1)
    expect(withOne[0]!.rows.filter((row) => (row as readonly [string, number])[0] === '1')).toHaveLength(6)
  })
})

describe('a batch in flight when a deploy comes', () => {
  const inFlight = async (before: Programmed, after: Programmed): Promise<Engine> => {
    const engine = makeEngine(program(before))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b', 'c', 'd', 'e', 'f'])
    await engine.runTo(runtime, 1_015_000)
    engine.clock.moveTo(1_015_000 + X)
    const next = engine.process({ deploy: 2, job: program(after) })
    await engine.tick(next)
    await engine.runTo(next, 1_020_000 + X)
    return engine
  }
  const failing = collecting({
    write: async (_rows, { partition }) => {
      if (partition === 1) throw new Error('no answer')
    },
  }).sink

  it('is divided as it was allocated, whatever the new program says', async () => {
    const { sink, written } = collecting()
    await inFlight({ sink: failing, partitions: 2 }, { sink, partitions: 4 })
    const first = written.filter(({ batch }) => batch.time.milliseconds === 1_010_000)
    expect(first.map(({ batch: { partition, partitions } }) => `${partition}/${partitions}`)).toContain('1/2')
    expect(first.every(({ batch }) => batch.partitions === 2)).toBe(true)
  })

  it('does not reach a sink that has another name now', async () => {
    const { sink, written } = collecting({ name: 'renamed' })
    const engine = await inFlight({ sink: failing, partitions: 2 }, { sink, partitions: 2 })
    expect(written.filter(({ batch }) => batch.time.milliseconds === 1_010_000)).toEqual([])
    expect(engine.events.some(({ foreachGone }) => foreachGone === 1)).toBe(true)
  })

  it('reaches a sink of another name under the same uid', async () => {
    const { sink, written } = collecting({ name: 'renamed' })
    await inFlight({ sink: failing, partitions: 2, uid: 'out' }, { sink, partitions: 2, uid: 'out' })
    expect(written.filter(({ batch }) => batch.time.milliseconds === 1_010_000).map(({ batch }) => batch.partition)).toContain(1)
  })
})

describe('a program is refused that', () => {
  const write = async (): Promise<void> => {}
  const guarantee = 'at-least-once'
  it.each<[string, (ssc: StreamingContext) => void, RegExp]>([
    ['saves to what is no sink', (ssc) => ssc.queueStream([['a']]).saveTo({} as never), /saveTo got an object.*it takes a sink such as postgres/],
    ['saves to a sink that promises nothing', (ssc) => ssc.queueStream([['a']]).saveTo({ name: 'a', write } as never), /it takes a sink/],
    [
      'gives a sink a name that is none',
      (ssc) => ssc.queueStream([['a']]).saveTo({ name: 'a b', guarantee, write }),
      /a sink whose name is the string "a b"; a name is 1 to 56 letters/,
    ],
    [
      'gives two sinks one name',
      (ssc) => {
        const words = ssc.queueStream([['a']])
        words.saveTo({ name: 'a', guarantee, write })
        words.saveTo({ name: 'a', guarantee, write })
      },
      /another output writes to a sink 'a' already.*give one of them another with `name`/,
    ],
    [
      'overwrites one table by key from two streams',
      (ssc) => {
        const pairs = ssc.queueStream([['a']]).mapToPair((w) => [w, 1])
        pairs.saveTo({ name: 'a', guarantee, write, upserts: 'table t' })
        pairs.saveTo({ name: 'b', guarantee, write, upserts: 'table t' })
      },
      /'a' and 'b' both overwrite table t by key.*union the streams/,
    ],
  ])('%s', (_what, build, message) => {
    expect(() => planJob(defineJob({ name: 'j', batchInterval: seconds(1) }, build))).toThrow(message)
  })
})
