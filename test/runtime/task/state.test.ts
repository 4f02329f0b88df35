import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type State } from '../../../lib/index.ts'
import { compress } from '../../../lib/codec/rows.ts'
import { decodeEntry, encodeEntry } from '../../../lib/runtime/entries/entry-codec.ts'
import type { Entry, TaskEntry } from '../../../lib/runtime/entries/entry.ts'
import type { Log, LogKey } from '../../../lib/runtime/ports/log.ts'
import type { RuntimeSettings } from '../../../lib/runtime/runtime.ts'
import { encodeChanges, type StateChanges } from '../../../lib/state/changes.ts'
import { randomOf } from '../../../lib/testing/random.ts'
import { makeEngine, type Engine } from '../engine.ts'

const job = defineJob({ name: 'totals', batchInterval: seconds(10) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((word) => [word, 1])
    .mapWithState(
      (word, n, state: State<number>) => {
        state.update((state.getOption() ?? 0) + (n ?? 0))
        return [word, state.get()] as const
      },
      { uid: 'totals' },
    )
    .saveAsJsonFiles('totals')
})
const LOG = 'task/stage-1x1/0'
const DAY = 86_400_000
const isTask = (e: Entry): e is TaskEntry => e.kind === 'task'
const manifestOf = ({ snapshot }: TaskEntry): string => (snapshot !== null && 'manifest' in snapshot ? snapshot.manifest.key : '')
const keysOf = async (engine: Engine): Promise<readonly string[]> => (await engine.ports.objects.list('_millrace/state/')).map(({ key }) => key)

async function batches(settings: Partial<RuntimeSettings>, count: number, each?: (engine: Engine, k: number) => Promise<void>): Promise<Engine> {
  const engine = makeEngine(job, settings)
  let runtime = engine.process()
  for (let k = 0; k < count; k++) {
    if (k % 3 === 2) runtime = engine.process()
    await engine.deliver(runtime, ['a', `k${k}`], { from: 2 * k })
    await engine.runTo(runtime, 1_000_000 + (k + 1) * 20_000)
    await each?.(engine, k)
  }
  return engine
}

const answer = (engine: Engine, k: number): Promise<string | null> => engine.text(`totals-${1_010_000 + k * 20_000}/part-00000`)

describe('snapshots', () => {
  it.each<[string, Partial<RuntimeSettings>, number]>([
    ['after so many entries', { tailEntries: 4 }, 4],
    ['after so many bytes', { tailBytes: 100 }, 20],
  ])('come %s, and the tail is never longer', async (_, settings, longest) => {
    const engine = await batches(settings, 20)
    const entries = (await engine.entries(LOG)).filter(isTask)
    expect(entries).toHaveLength(20)
    const own = entries.flatMap((e, k) => (e.snapshot?.entry === k ? [k] : []))
    expect(own[0]).toBe(0)
    expect(own.length).toBeGreaterThan(2)
    entries.forEach((e, k) => {
      expect(k - e.snapshot!.entry).toBeLessThan(longest)
      if (e.snapshot!.entry === k) expect(e.tailBytes).toBe(0)
      expect(e.tailBytes).toBeLessThanOrEqual(settings.tailBytes ?? Infinity)
    })
    expect(await answer(engine, 19)).toBe('["a",20]\n["k19",1]\n')
  })

  it('are deleted but for the last two, and a cold process rebuilds the state at any moment', async () => {
    await batches({ tailEntries: 3 }, 16, async (engine, k) => {
      const entries = (await engine.entries(LOG)).filter(isTask)
      const named = [...new Set(entries.map((e) => manifestOf(e)))]
      expect(await keysOf(engine)).toEqual(named.slice(-2).toSorted())
      // What the newest entry and the one before it point to is there.
      for (const e of entries.slice(-2)) expect(await engine.ports.objects.get(manifestOf(e))).not.toBeNull()
      expect(await answer(engine, k)).toBe([`["a",${k + 1}]`, `["k${k}",1]`, ''].join('\n'))
    })
  })

  it('a missing one stops, and says what to do', async () => {
    const engine = await batches({ tailEntries: 3 }, 5)
    await engine.ports.objects.delete(await keysOf(engine))
    await engine.deliver(engine.process(), ['a'], { from: 10 })
    const before = [...engine.ports.log.entries()].length
    await expect(engine.runTo(engine.process(), 1_130_000)).rejects.toMatchObject({
      code: 'MISSING_ENTRY',
      message: expect.stringMatching(/snapshot _millrace\/state\/.* restore the object/),
    })
    // The batch is allocated; nothing is computed in it.
    expect([...engine.ports.log.entries()].length).toBe(before + 1)
    expect(await engine.entries(LOG)).toHaveLength(5)
  })
})

describe('buckets', () => {
  const WORDS = Array.from({ length: 400 }, (_, i) => `word-${i}`)

  /** Delivers words batch by batch, each by a process of its own or all by one. */
  async function run(settings: Partial<RuntimeSettings>, deliveries: readonly (readonly string[])[], processes: 'one' | 'many'): Promise<Engine> {
    const engine = makeEngine(job, settings)
    let runtime = engine.process()
    let from = 0
    for (const [k, words] of deliveries.entries()) {
      if (processes === 'many') runtime = engine.process()
      await engine.deliver(runtime, words, { from })
      from += words.length
      await engine.runTo(runtime, 1_000_000 + (k + 1) * 20_000)
    }
    return engine
  }

  const of = (engine: Engine, what: string): number => engine.events.reduce((sum, e) => sum + (typeof e[what] === 'number' ? e[what] : 0), 0)

  it('are loaded when a key of theirs is touched, and no others', async () => {
    const cold = await run({ bucketBytes: 200 }, [WORDS, ['word-7'], ['word-7', 'new']], 'many')
    expect(await answer(cold, 2)).toBe('["word-7",3]\n["new",1]\n')
    const [first] = await cold.ports.objects.list('_millrace/state/')
    const bytes = cold.events.filter((e) => e['loads'] !== undefined)
    expect(bytes).toHaveLength(2)
    // Each cold process reads a manifest and one range.
    expect(of(cold, 'snapshotReads')).toBe(4)
    expect(first!.size).toBeGreaterThan(2_000)
    // A warm one has them.
    const warm = await run({ bucketBytes: 200 }, [WORDS, ['word-7'], ['word-7', 'new']], 'one')
    expect(await answer(warm, 2)).toBe(await answer(cold, 2))
    expect(of(warm, 'snapshotReads')).toBe(0)
  })

  it('are read again when there is no memory for them', async () => {
    const deliveries = [WORDS, ...Array.from({ length: 12 }, (_, k) => WORDS.filter((_word, i) => i % 12 === k))]
    const roomy = await run({ bucketBytes: 200, tailEntries: 5 }, deliveries, 'one')
    const narrow = await run({ bucketBytes: 200, tailEntries: 5, stateCacheBytes: 1_000 }, deliveries, 'one')
    expect(of(narrow, 'snapshotReads')).toBeGreaterThan(of(roomy, 'snapshotReads'))
    for (let k = 0; k < deliveries.length; k++) expect(await answer(narrow, k)).toBe(await answer(roomy, k))
    expect(await answer(narrow, 12)).toContain('["word-11",2]\n')
  })

  it('of a snapshot larger than one object lie in several', async () => {
    const big = defineJob({ name: 'big', batchInterval: seconds(10) }, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .mapToPair((word) => [word, 1])
        .mapWithState((word, _n, state: State<Uint8Array>) => {
          if (!state.exists()) state.update(noise(word))
          return [word, state.get().length] as const
        })
        .saveAsJsonFiles('big')
    })
    const words = WORDS.slice(0, 60)
    const engine = makeEngine(big)
    await engine.deliver(engine.process(), words)
    await engine.runTo(engine.process(), 1_020_000)
    const objects = await engine.ports.objects.list('_millrace/state/')
    expect(objects.length).toBeGreaterThan(1)
    for (const { size } of objects) expect(size).toBeLessThan(17_500_000)
    await engine.deliver(engine.process(), words.slice(0, 2), { from: 60 })
    await engine.runTo(engine.process(), 1_040_000)
    expect(await engine.text('big-1030000/part-00000')).toBe('["word-0",300000]\n["word-1",300000]\n')
  })

  it('follow a snapshot of version 1, which held the whole state in one object', async () => {
    const changes: StateChanges = [{ operator: 'totals', groups: [{ group: 0, dropped: false, deletes: [], puts: [['a', [100, 1_010_000]]] }] }]
    const engine = makeEngine(job, { tailEntries: 3 }, (ports) => ({ ...ports, log: asOfVersion1(ports.log) }))
    await engine.ports.objects.put('_millrace/state/old', compress(encodeChanges(changes)))
    for (let k = 0; k < 6; k++) {
      await engine.deliver(engine.process(), ['a'], { from: k })
      await engine.runTo(engine.process(), 1_000_000 + (k + 1) * 20_000)
    }
    // Entry 0 pointed to the old object, whatever it had computed itself.
    expect(await answer(engine, 0)).toBe('["a",1]\n')
    expect(await answer(engine, 1)).toBe('["a",101]\n')
    expect(await answer(engine, 5)).toBe('["a",105]\n')
    const entries = (await engine.entries(LOG)).filter(isTask)
    expect(entries.map(({ snapshot }) => snapshot?.entry)).toEqual([0, 0, 0, 3, 3, 3])
  })
})

/** 300,000 incompressible bytes that follow from the word. */
function noise(word: string): Uint8Array {
  const random = randomOf(Number(word.split('-')[1]))
  return new Uint8Array(Uint32Array.from({ length: 75_000 }, () => random.int(2 ** 32)).buffer)
}

/** What a log looks like whose first task entry an earlier version has written. */
function asOfVersion1(log: Log): Log {
  const old = ({ log: name, n }: LogKey, bytes: Uint8Array | null): Uint8Array | null => {
    const entry = bytes === null || name !== LOG || n !== 0 ? undefined : decodeEntry(bytes)
    return entry?.kind === 'task' ? encodeEntry({ ...entry, snapshot: { entry: 0, keys: ['_millrace/state/old'] } }) : bytes
  }
  return {
    put: (key, bytes, options) => log.put(key, bytes, options),
    get: async (key, options) => old(key, await log.get(key, options)),
    getMany: async (keys, options) => (await log.getMany(keys, options)).map((bytes, i) => old(keys[i]!, bytes)),
    newest: (name) => log.newest(name),
  }
}

describe('a sleeping job', () => {
  const RETENTION = { retentionMs: 30 * DAY }

  /** The minute rule, once a day; old entries expire. */
  async function sleep(engine: Engine, days: number, ticking = true): Promise<void> {
    for (let day = 0; day < days; day++) {
      engine.clock.moveTo(engine.clock.now() + DAY)
      if (ticking) await engine.tick(engine.process())
      await engine.runTo(engine.process(), engine.clock.now() + 600_000)
      engine.ports.log.expire(engine.clock.now())
      engine.ports.progress.expire(engine.clock.now())
    }
  }

  it('writes nothing but a renewal at a third of the retention, with the end of every log', async () => {
    const engine = await batches(RETENTION, 3)
    await sleep(engine, 9)
    expect(await engine.entries('batch')).toHaveLength(3)
    await sleep(engine, 3)
    const all = (await engine.entries('batch')).flatMap((e) => (e.kind === 'batch' ? [e] : []))
    expect(all.map((e) => e.full)).toEqual([true, false, false, true])
    expect(all[3]!.rows).toMatchObject([{ to: 2, from: 3, last: { sequenceNumber: '6', index: 0 } }])
  })

  it('keeps its state and its place in the stream for a year, although its logs expire', async () => {
    const engine = await batches(RETENTION, 3)
    await sleep(engine, 365)
    expect([...engine.ports.log.entries()].filter(({ log }) => log.startsWith('rec/'))).toEqual([])
    expect([...engine.ports.log.entries()].length).toBeLessThan(15)
    // The stream delivers old records once more, and new ones.
    const runtime = engine.process()
    expect(await engine.deliver(runtime, ['a', 'k2', 'a', 'new'], { from: 4 })).toEqual({ consumed: 4, duplicates: 2 })
    expect([...engine.ports.log.entries()].filter(({ log }) => log.startsWith('rec/')).map(({ n }) => n)).toEqual([3])
    await engine.runTo(runtime, engine.clock.now() + 60_000)
    const parts = (await engine.ports.objects.list('totals-')).filter((o) => o.key.includes('part-'))
    expect(await engine.text(parts.at(-1)!.key)).toBe('["a",4]\n["new",1]\n')
  })

  it('without ticks for longer than the retention is not taken up again, and says what to do', async () => {
    const engine = await batches(RETENTION, 3)
    await sleep(engine, 31, false)
    const before = [...engine.ports.log.entries()].length
    const message = expect.stringMatching(/older than the retention of 30 days.*another job name, or with another table/) as string
    await expect(engine.tick(engine.process())).rejects.toMatchObject({ code: 'MISSING_ENTRY', message })
    await expect(engine.deliver(engine.process(), ['a'], { from: 6 })).rejects.toMatchObject({ code: 'MISSING_ENTRY', message })
    expect([...engine.ports.log.entries()].length).toBe(before)
  })
})
