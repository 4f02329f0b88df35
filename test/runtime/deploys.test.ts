import { describe, expect, it } from 'vitest'
import { defineJob, MillraceError, milliseconds, seconds, text, type Job, type State } from '../../lib/index.ts'
import { makeEngine, type Engine } from './engine.ts'
import { linesOf } from './lines-of.ts'

const sum = (a: number, b: number): number => a + b

interface Shape {
  readonly partitions?: number
  readonly interval?: number
  readonly lengths?: boolean
  readonly totals?: string | null
  readonly windows?: number
}

/** A program whose parts come and go with its deploys. */
function program({ partitions = 1, interval = 10_000, lengths = false, totals = 'totals', windows = 0 }: Shape = {}): Job {
  return defineJob({ name: 'words', batchInterval: milliseconds(interval), numPartitions: partitions }, (ssc) => {
    const words = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
    words.reduceByKey(sum, { uid: 'sums' }).saveAsJsonFiles('counts')
    if (lengths)
      words
        .mapToPair(([word]) => [word.length, 1])
        .reduceByKey(sum)
        .saveAsJsonFiles('lengths')
    if (windows > 0) words.reduceByKeyAndWindow(sum, milliseconds(windows), milliseconds(interval), { uid: 'windows' }).saveAsJsonFiles('windows')
    if (totals !== null) {
      words
        .mapWithState(
          (word, n, state: State<number>) => {
            state.update((state.getOption() ?? 0) + (n ?? 0))
            return [word, state.get()] as const
          },
          { uid: totals },
        )
        .saveAsJsonFiles('state')
    }
  })
}

const stored = (engine: Engine): number => [...engine.ports.log.entries()].length

describe('a newer deploy', () => {
  it('stops an older receive, tick and task, which commit nothing', async () => {
    const engine = makeEngine(program({ partitions: 2 }))
    const old = engine.process({ deploy: 1 })
    await engine.deliver(old, ['a'])
    const young = engine.process({ deploy: 2 })
    await engine.deliver(young, ['a', 'b'])
    const before = stored(engine)
    // Warm: it meets the entry when its put fails. Cold: it reads it.
    await expect(engine.deliver(old, ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'NEWER_DEPLOY' })
    await expect(engine.deliver(engine.process({ deploy: 1 }), ['a', 'b', 'c'])).rejects.toMatchObject({
      code: 'NEWER_DEPLOY',
      message: expect.stringMatching(/deploy 2 .* this is deploy 1/),
    })
    engine.clock.moveTo(1_014_000)
    await expect(engine.tick(old)).rejects.toMatchObject({ code: 'NEWER_DEPLOY' })
    expect(stored(engine)).toBe(before)

    await engine.tick(young)
    const messages = engine.ports.messages.takeDue().filter((m) => m.kind === 'task')
    expect(messages).toHaveLength(2)
    const allocated = stored(engine)
    for (const message of messages) await expect(old.message(message, { remainingMs: () => 60_000 })).rejects.toMatchObject({ code: 'NEWER_DEPLOY' })
    expect(stored(engine)).toBe(allocated)
    for (const message of messages) await young.message(message, { remainingMs: () => 60_000 })
    expect(await engine.text('counts-1010000/_SUCCESS')).toContain('"batch":0')
  })

  it("finishes an older batch, and the other partition's task of the older deploy stops at its entry", async () => {
    const engine = makeEngine(program({ partitions: 2 }))
    const old = engine.process({ deploy: 1 })
    await engine.deliver(old, ['a', 'b', 'c', 'd'])
    engine.clock.moveTo(1_014_000)
    await engine.tick(old)
    const [first, second] = engine.ports.messages.takeDue().filter((m) => m.kind === 'task')
    await old.message(first!, { remainingMs: () => 60_000 })
    await engine.process({ deploy: 2, job: program({ partitions: 2, lengths: true }) }).message(second!, { remainingMs: () => 60_000 })
    expect(await engine.text('counts-1010000/_SUCCESS')).toContain('"batch":0')
    const lines = (await Promise.all([0, 1].map((r) => engine.text(`counts-1010000/part-0000${r}`)))).join('').trim().split('\n')
    expect(lines.sort()).toEqual(['["a",1]', '["b",1]', '["c",1]', '["d",1]'])
  })
})

describe('a changed program', () => {
  it('counts and drops the blocks of a shuffle that is gone, once', async () => {
    const engine = makeEngine(program({ partitions: 4, lengths: true }))
    await engine.deliver(engine.process({ deploy: 1 }), ['a', 'bb', 'ccc'])
    const young = engine.process({ deploy: 2, job: program({ partitions: 4 }) })
    await engine.runTo(young, 1_060_000)
    const dropped = engine.events.reduce((n, e) => n + Number(e['rowsOfRemovedShuffles'] ?? 0), 0)
    expect(dropped).toBe(3)
    expect((await Promise.all([0, 1, 2, 3].map((r) => engine.text(`counts-1010000/part-0000${r}`)))).join('').split('\n').filter(Boolean)).toHaveLength(3)
    expect(await engine.ports.objects.list('lengths-')).toEqual([])
  })

  it('keeps the state of what stays, and takes up again what comes back', async () => {
    const engine = makeEngine(program())
    const shapes: readonly Shape[] = [{}, { lengths: true, windows: 20_000 }, { totals: null }, {}]
    for (const [i, shape] of shapes.entries()) {
      const runtime = engine.process({ deploy: i + 1, job: program(shape) })
      await engine.deliver(runtime, ['a'], { from: i })
      await engine.runTo(runtime, 1_000_000 + (i + 1) * 60_000)
    }
    const states = await engine.ports.objects.list('state-')
    const lines = await Promise.all(states.filter((o) => o.key.includes('part-')).map((o) => engine.text(o.key)))
    // The third deploy had no such operator, so its record was not counted.
    expect(lines).toEqual(['["a",1]\n', '["a",2]\n', '["a",3]\n'])
  })

  it('starts a new stage with nothing', async () => {
    const engine = makeEngine(program({ totals: null }))
    await engine.deliver(engine.process({ deploy: 1 }), ['a'])
    await engine.runTo(engine.process({ deploy: 1 }), 1_060_000)
    const two = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
      const sums = ssc
        .kinesisStream('lines', text())
        .mapToPair((word) => [word, 1])
        .reduceByKey(sum, { uid: 'sums' })
      sums.saveAsJsonFiles('counts')
      sums
        .mapToPair(([word, n]) => [word.length, n])
        .reduceByKey(sum, { numPartitions: 3 })
        .mapWithState(
          (size, n, state: State<number>) => {
            state.update((state.getOption() ?? 0) + (n ?? 0))
            return [size, state.get()] as const
          },
          { uid: 'sizes', numPartitions: 3 },
        )
        .saveAsJsonFiles('sizes')
    })
    const young = engine.process({ deploy: 2, job: two })
    await engine.deliver(young, ['a', 'b'], { from: 1 })
    await engine.runTo(young, 1_120_000)
    const found = (await engine.ports.objects.list('sizes-')).filter((o) => o.key.includes('part-'))
    expect(await Promise.all(found.map((o) => engine.text(o.key)))).toEqual(['[1,2]\n'])
  })

  it.each<[string, Shape, Shape, Shape]>([
    ['another window', { windows: 20_000, totals: null }, { windows: 40_000, totals: null }, { windows: 20_000, totals: null }],
    [
      'another interval of an operator that keeps panes',
      { windows: 40_000, totals: null },
      { windows: 40_000, interval: 20_000, totals: null },
      { windows: 40_000, totals: null },
    ],
  ])('refuses %s before anything is committed, and the remedy works', async (_, first, changed, remedy) => {
    const engine = makeEngine(program(first))
    const old = engine.process({ deploy: 1, job: program(first) })
    await engine.deliver(old, ['a'])
    await engine.runTo(old, 1_200_000)
    const before = stored(engine)
    const refused = engine.process({ deploy: 2, job: program(changed) })
    const error: unknown = await engine.deliver(refused, ['b'], { from: 1 }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(MillraceError)
    expect(error).toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringMatching(
        /operator '(totals|windows)' of job 'words' has state made with .* Give it another uid \(it then starts empty\), or deploy the program as it was/,
      ),
    })
    expect(stored(engine)).toBe(before)
    const mended = engine.process({ deploy: 3, job: program(remedy) })
    await engine.deliver(mended, ['b'], { from: 1 })
    await engine.runTo(mended, 1_260_000)
    const counts = (await engine.ports.objects.list('counts-1210000/')).filter((o) => o.key.includes('part-'))
    expect(await Promise.all(counts.map((o) => engine.text(o.key)))).toEqual(['["b",1]\n'])
  })

  it.each([
    [1, 4],
    [4, 1],
    [4, 3],
    [2, 8],
  ])('changes %i partitions into %i where nothing keeps state, and drops nothing that waits', async (before, after) => {
    const whole = (partitions: number): Job =>
      defineJob({ name: 'words', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
        const words = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
        words.reduceByKey(sum).saveAsJsonFiles('counts')
        words
          .groupByKey()
          .mapValues((all) => [...all].length)
          .saveAsJsonFiles('groups')
        words.map(([word]) => word).saveAsTextFiles('words')
      })
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'a', 'b', 'a']
    const engine = makeEngine(whole(before), { spillBytes: 300 })
    await engine.deliver(engine.process({ deploy: 1 }), words)
    const young = engine.process({ deploy: 2, job: whole(after) })
    await engine.deliver(young, ['a', 'g'], { from: words.length })
    await engine.runTo(young, 1_060_000)
    const counted = [
      ['a', 4],
      ['b', 2],
      ['c', 1],
      ['d', 1],
      ['e', 1],
      ['f', 1],
      ['g', 1],
    ].map((row) => JSON.stringify(row))
    expect((await linesOf(engine, 'counts')).toSorted()).toEqual(counted)
    expect((await linesOf(engine, 'groups')).toSorted()).toEqual(counted)
    expect((await linesOf(engine, 'words')).toSorted()).toEqual([...words, 'a', 'g'].toSorted())
    expect(engine.events.some((e) => 'rowsOfRemovedShuffles' in e)).toBe(false)
  })

  it.each<[string, readonly number[], readonly number[]]>([
    ['one of two readers goes', [2, 4], [2]],
    ['the other goes', [2, 4], [4]],
    ['one goes and one changes', [2, 4], [3]],
    ['both change', [2, 4], [3, 5]],
    ['one stays and one changes', [2, 4], [2, 5]],
  ])('reads the same rows once, where they went to several partitionings: %s', async (_, before, after) => {
    const readers = (partitions: readonly number[]): Job =>
      defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
        const words = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
        partitions.forEach((numPartitions, i) =>
          words
            .groupByKey({ numPartitions })
            .mapValues((all) => [...all].length)
            .saveAsJsonFiles(`groups${i}`),
        )
      })
    const engine = makeEngine(readers(before))
    await engine.deliver(engine.process({ deploy: 1 }), ['a', 'b', 'a', 'c'])
    await engine.runTo(engine.process({ deploy: 2, job: readers(after) }), 1_060_000)
    for (const [i] of after.entries()) {
      const lines = await linesOf(engine, `groups${i}`)
      expect(lines.toSorted()).toEqual(['["a",2]', '["b",1]', '["c",1]'])
    }
  })

  it('finishes a batch that was allocated with another interval', async () => {
    const engine = makeEngine(program({ partitions: 2, totals: null }))
    await engine.deliver(engine.process({ deploy: 1 }), ['a', 'b', 'c'])
    engine.clock.moveTo(1_014_000)
    await engine.tick(engine.process({ deploy: 1 }))
    await engine.runTo(engine.process({ deploy: 2, job: program({ partitions: 2, totals: null, interval: 15_000 }) }), 1_100_000)
    const lines = await Promise.all([0, 1].map((r) => engine.text(`counts-1010000/part-0000${r}`)))
    expect(lines.join('').trim().split('\n').sort()).toEqual(['["a",1]', '["b",1]', '["c",1]'])
  })

  it.each([
    [10_000, 15_000],
    [10_000, 7_000],
    [15_000, 10_000],
    [10_000, 1_000],
  ])('changes the interval of a program without panes from %i to %i ms and loses nothing', async (before, after) => {
    const engine = makeEngine(program({ interval: before }))
    const old = engine.process({ deploy: 1, job: program({ interval: before }) })
    await engine.deliver(old, ['a'])
    await engine.runTo(old, 1_050_000)
    await engine.deliver(old, ['b'], { from: 1 })
    engine.ports.messages.takeDue()
    const young = engine.process({ deploy: 2, job: program({ interval: after }) })
    await engine.deliver(young, ['c'], { from: 2 })
    await engine.runTo(young, 1_200_000)
    const parts = (await engine.ports.objects.list('state-')).filter((o) => o.key.includes('part-'))
    const lines = await Promise.all(parts.map((o) => engine.text(o.key)))
    expect(lines.join('').trim().split('\n').sort()).toEqual(['["a",1]', '["b",1]', '["c",1]'])
    for (const { key } of parts.slice(1)) expect(Number(/-(\d+)\//.exec(key)![1]) % after).toBe(0)
  })
})
