// Which batch a record belongs to, by its arrival and those of its shard's ancestors. The expectations come from the deliveries.
import { kinesis } from '../../../lib/sources/kinesis/source.ts'
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import { decodeEntry } from '../../../lib/runtime/entries/entry-codec.ts'
import type { BatchEntry, InputEntry } from '../../../lib/runtime/entries/entry.ts'
import type { ListedShard } from '../../../lib/runtime/ports/shards.ts'
import type { Runtime } from '../../../lib/runtime/create-runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'

const START = 1_000_000
const INTERVAL = 5_000
const DEADLINE = { remainingMs: (): number => 900_000 }

interface World {
  readonly engine: Engine
  readonly runtime: Runtime
  /** Delivers records to a shard; each is named `shard.arrival in s after the start`. */
  deliver(shard: string, arrivals: readonly number[], stream?: string): Promise<void>
  /** Two minutes, with a tick in each ten seconds. */
  run(): Promise<void>
  /** Lines per batch, by its time in intervals after the start. */
  batches(): Promise<Readonly<Record<number, readonly string[]>>>
}

function world(
  listed: (stream: string) => readonly ListedShard[] | 'fails' | undefined,
  { streams = ['lines'], maxRatePerPartition }: { readonly streams?: readonly string[]; readonly maxRatePerPartition?: number } = {},
): World {
  const job = defineJob({ name: 'j', batchInterval: seconds(5), ...(maxRatePerPartition === undefined ? {} : { maxRatePerPartition }) }, (ssc) => {
    const [first = ssc.kinesisStream('lines', text()), ...more] = streams.map((name) => ssc.kinesisStream(name, text()))
    ssc.union([first, ...more]).saveAsTextFiles('out')
  })
  const engine = makeEngine(job, {}, (ports) => ({
    ...ports,
    shards: {
      list: async (stream) => {
        const found = listed(stream)
        if (found === 'fails' || found === undefined) throw new Error('no route to Kinesis')
        return found
      },
    },
  }))
  const runtime = engine.process()
  const next = new Map<string, number>()
  return {
    engine,
    runtime,
    deliver: async (shard, arrivals, stream = 'lines') => {
      const name = `${stream}/${shard}`
      const from = next.get(name) ?? 1
      next.set(name, from + arrivals.length)
      const records = arrivals.map((at, i) => ({
        data: Buffer.from(`${shard}.${at}`).toString('base64'),
        partitionKey: 'k',
        sequenceNumber: String(from + i),
        index: 0,
        arrivalMs: START + at * 1000,
      }))
      await runtime.receive({ source: kinesis, stream, shard, records, full: false }, DEADLINE)
    },
    run: async () => {
      for (let i = 0; i < 12; i++) {
        await engine.runTo(runtime, engine.clock.now() + 10_000)
        await engine.tick(runtime)
      }
    },
    batches: async () => {
      const found: Record<number, readonly string[]> = {}
      for (const entry of (await engine.entries('batch')) as BatchEntry[]) {
        const lines = ((await engine.text(`out-${entry.time}/part-00000`)) ?? '').trimEnd().split('\n')
        if (lines[0] !== '') found[(entry.time - START) / INTERVAL] = lines.toSorted()
      }
      return found
    },
  }
}

const roots = (...names: readonly string[]): readonly ListedShard[] => names.map((shard) => ({ shard, parents: [] }))

describe('a start on a backlog', () => {
  it('puts every record of every shard into the batch of its arrival', async () => {
    const w = world(() => roots('a', 'b', 'c'))
    w.engine.clock.moveTo(START + 40_000)
    for (const shard of ['a', 'b', 'c']) await w.deliver(shard, [1, 6, 11, 16, 21, 26])
    await w.run()
    expect(await w.batches()).toEqual(
      Object.fromEntries([1, 6, 11, 16, 21, 26].map((at) => [Math.floor(at / 5) + 1, ['a', 'b', 'c'].map((shard) => `${shard}.${at}`)])),
    )
  })

  it('lets no stream wait for another', async () => {
    const w = world((stream) => roots(stream === 'x' ? 'a' : 'b'), { streams: ['x', 'y'] })
    w.engine.clock.moveTo(START + 40_000)
    await w.deliver('a', [1, 6, 11], 'x')
    await w.deliver('b', [1, 6, 11], 'y')
    await w.run()
    expect(await w.batches()).toEqual({ 1: ['a.1', 'b.1'], 2: ['a.6', 'b.6'], 3: ['a.11', 'b.11'] })
  })

  it('takes all that is due of a shard that is new, however many entries', async () => {
    const w = world(() => roots('a'))
    w.engine.clock.moveTo(START + 1_000)
    for (let i = 0; i < 300; i++) await w.deliver('a', [1])
    await w.run()
    expect((await w.batches())[1]).toHaveLength(300)
  })
})

describe('a shard that came from another', () => {
  const split = [...roots('a', 'b'), { shard: 'c', parents: ['a'] }, { shard: 'd', parents: ['c'] }]

  it('waits for its ancestors, and for nobody else', async () => {
    const w = world(() => split)
    w.engine.clock.moveTo(START + 40_000)
    await w.deliver('b', [1, 31])
    await w.deliver('a', [1, 12])
    // Kinesis stamped it with a time before its parent's last record.
    await w.deliver('c', [3, 13])
    await w.run()
    expect(await w.batches()).toEqual({ 1: ['a.1', 'b.1'], 3: ['a.12', 'c.13', 'c.3'], 7: ['b.31'] })
  })

  it('waits for a grandparent where the parent had no records', async () => {
    const w = world(() => split)
    w.engine.clock.moveTo(START + 40_000)
    await w.deliver('a', [1, 12])
    await w.deliver('d', [3])
    await w.run()
    expect(await w.batches()).toEqual({ 1: ['a.1'], 3: ['a.12', 'd.3'] })
  })

  it('is held as long as a bound leaves something of an ancestor unseen', async () => {
    const w = world(() => split, { maxRatePerPartition: 0.2 })
    w.engine.clock.moveTo(START + 40_000)
    for (const at of [1, 1, 1]) await w.deliver('a', [at])
    await w.deliver('b', [1])
    await w.deliver('d', [1])
    await w.run()
    // a: one entry a batch. d comes with a's last, not before.
    expect(await w.batches()).toEqual({ 1: ['a.1', 'b.1'], 2: ['a.1'], 3: ['a.1', 'd.1'] })
  })

  it.each<[string, (stream: string) => readonly ListedShard[] | 'fails']>([
    ['the list fails', () => 'fails'],
    ['the chain breaks off at a name that is neither listed nor registered', () => [...roots('a', 'b'), { shard: 'c', parents: ['gone'] }]],
    ['the list does not have it', () => roots('a', 'b')],
  ])('waits for all before it where %s, and a warning names the remedy', async (_, listed) => {
    const w = world(listed)
    w.engine.clock.moveTo(START + 40_000)
    await w.deliver('a', [1, 12])
    await w.deliver('b', [12, 13])
    await w.deliver('c', [3])
    await w.run()
    expect((await w.batches())[3]).toContain('c.3')
    expect(w.engine.events).toContainEqual(
      expect.objectContaining({ event: 'warning', message: expect.stringMatching(/kinesis:ListShards.*endpoint for kinesis-streams/) }),
    )
  })

  it('waits for what came to them after another of unknown ancestors was opened, too', async () => {
    const w = world(() => 'fails', { maxRatePerPartition: 0.2 })
    w.engine.clock.moveTo(START + 2_000)
    for (const shard of ['a', 'a', 'b']) await w.deliver(shard, [1])
    await w.engine.runTo(w.runtime, START + 11_000)
    // A record a batch: b waits for a's second.
    expect(await w.batches()).toEqual({ 1: ['a.1'] })
    // c may have come from a, of whose newest b, which waits for a as well, knows nothing.
    await w.deliver('a', [10.5])
    await w.deliver('c', [9])
    await w.run()
    expect(await w.batches()).toEqual({ 1: ['a.1'], 2: ['a.1', 'b.1'], 3: ['a.10.5', 'c.9'] })
  })

  it('is registered with all names that the list shows, asked once', async () => {
    let asked = 0
    const w = world(() => {
      asked++
      return [...roots('g'), { shard: 'p', parents: ['g', 'old'] }, { shard: 'c', parents: ['p'] }]
    })
    await w.deliver('c', [0])
    await w.deliver('c', [0])
    const [entry] = (await w.engine.entries('inputs')) as readonly InputEntry[]
    expect(asked).toBe(1)
    expect(entry?.ancestors?.names.toSorted()).toEqual(['g', 'old', 'p'])
    expect(entry?.ancestors?.unlisted).toEqual(['old'])
  })

  it('stays held over a renewal and a change of processes, by what its row says', async () => {
    const w = world(() => split, { maxRatePerPartition: 0.2 })
    w.engine.clock.moveTo(START + 40_000)
    for (const at of [1, 1, 1]) await w.deliver('a', [at])
    await w.deliver('c', [1])
    await w.run()
    const bytes = await w.engine.ports.log.get({ log: 'batch', n: 0 })
    const rows = (decodeEntry(bytes as Uint8Array) as BatchEntry).rows
    expect(rows.map(({ shard, to, holds, after }) => ({ shard, to, holds, after }))).toEqual([
      { shard: 'a', to: 0, holds: 2, after: undefined },
      { shard: 'c', to: -1, holds: 0, after: ['a'] },
    ])
  })
})
