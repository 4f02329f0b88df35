import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job } from '../../../lib/index.ts'
import type { ByteRange, Objects } from '../../../lib/runtime/ports/objects.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'

/** Long lines that do not compress well, one key each; `called`: what foreachRDD got. */
const program = (numPartitions: number, called: unknown[] = []): Job =>
  defineJob({ name: 'lines', batchInterval: seconds(10), numPartitions }, (ssc) => {
    const pairs = ssc.kinesisStream('lines', text()).mapToPair((line) => [line.slice(0, 4), line])
    const grouped = pairs.groupByKey()
    grouped.saveAsJsonFiles('groups')
    grouped.foreachRDD((rdd) => void called.push(...rdd.collect()), { uid: 'effect', perPartition: true })
    pairs.updateStateByKey((lines, old: string | undefined) => `${old ?? ''}${lines.join('')}`, { uid: 'all' }).saveAsJsonFiles('all')
  })
const line = (i: number): string =>
  `k${String(i).padStart(3, '0')}${Buffer.from(Array.from({ length: 90 }, (_, j) => (i * 7919 + j * j * 104_729) % 251)).toString('base64')}`
const LINES = Array.from({ length: 60 }, (_, i) => line(i))
const SMALL = { spillBytes: 1024 }

/** Remembers what objects were asked for. */
function watching(): {
  readonly gets: { readonly key: string; readonly range: ByteRange | undefined }[]
  readonly copies: string[]
  readonly wrap: (ports: Ports) => Ports
} {
  const gets: { readonly key: string; readonly range: ByteRange | undefined }[] = []
  const copies: string[] = []
  const wrap = (ports: Ports): Ports => {
    const { objects } = ports
    const watched: Objects = {
      put: (key, bytes) => objects.put(key, bytes),
      get: (key, range) => {
        gets.push({ key, range })
        return objects.get(key, range)
      },
      copy: (from, to) => {
        copies.push(from)
        return objects.copy(from, to)
      },
      list: (prefix) => objects.list(prefix),
      delete: (keys) => objects.delete(keys),
    }
    return { ...ports, objects: watched }
  }
  return { gets, copies, wrap }
}

async function results(engine: Engine): Promise<Record<string, readonly string[]>> {
  const all: Record<string, string[]> = {}
  for (const { key } of [...(await engine.ports.objects.list('groups-')), ...(await engine.ports.objects.list('all-'))]) {
    if (key.endsWith('_SUCCESS')) continue
    const directory = key.slice(0, key.indexOf('/'))
    ;(all[directory] ??= []).push(...(await engine.text(key))!.trim().split('\n'))
    all[directory].sort()
  }
  return all
}

async function run(
  numPartitions: number,
  settings: Parameters<typeof makeEngine>[1],
  wrap?: Parameters<typeof makeEngine>[2],
): Promise<{ readonly engine: Engine; readonly called: unknown[] }> {
  const called: unknown[] = []
  const engine = makeEngine(program(numPartitions, called), settings, wrap)
  for (let i = 0; i < 3; i++) {
    // Every batch by processes that know nothing.
    await engine.deliver(engine.process(), LINES.slice(i * 20, (i + 1) * 20), { from: i * 20 })
    await engine.runTo(engine.process(), 1_000_000 + (i + 1) * 20_000)
  }
  return { engine, called }
}

describe.each([1, 4])('what is dearer in the log than in an object (%i partitions)', (numPartitions) => {
  it('goes through objects, and the results are the same', async () => {
    const plain = await run(numPartitions, { spillBytes: 400_000 })
    const { gets, copies, wrap } = watching()
    const spilled = await run(numPartitions, SMALL, wrap)
    expect(await plain.engine.ports.objects.list('_millrace/spill/')).toEqual([])
    expect((await spilled.engine.ports.objects.list('_millrace/spill/')).length).toBeGreaterThan(3)
    expect(await results(spilled.engine)).toEqual(await results(plain.engine))
    expect(spilled.called).toEqual(plain.called)
    expect(spilled.called).toHaveLength(60)
    // Entries stay small, whatever they point to.
    for (const { bytes } of spilled.engine.ports.log.entries()) expect(bytes.length).toBeLessThan(1_500)
    // Nobody reads a spill as a whole; large files are copied, not read.
    for (const { key, range } of gets.filter((g) => g.key.startsWith('_millrace/spill/'))) expect(range, key).toBeDefined()
    expect(copies.length).toBeGreaterThan(0)
    expect(copies.every((key) => key.endsWith('.part'))).toBe(true)
    expect(gets.some(({ key }) => key.endsWith('.part'))).toBe(false)
  })

  it("reads a receiver's object by the ranges of its own partition, each once", async () => {
    const { gets, wrap } = watching()
    const engine = makeEngine(program(numPartitions), SMALL, wrap)
    await engine.deliver(engine.process(), LINES)
    const [entry] = await engine.entries('rec/lines/shard-0')
    await engine.runTo(engine.process(), 1_020_000)
    const blocks = entry!.kind === 'receiver' ? entry!.blocks : []
    const wanted = blocks.map(({ data }) => ('key' in data ? { key: data.key, range: { offset: data.offset, length: data.length } } : null))
    expect(wanted.length).toBeGreaterThanOrEqual(numPartitions)
    const asked = gets.filter(({ key }) => key.startsWith('_millrace/spill/jobs/lines/rec/'))
    const order = (list: readonly unknown[]): string[] => list.map((x) => JSON.stringify(x)).toSorted()
    expect(order(asked)).toEqual(order(wanted))
  })

  it('stops where an object is missing, and goes on when it is back', async () => {
    const engine = makeEngine(program(numPartitions), SMALL)
    await engine.deliver(engine.process(), LINES)
    const spills = await engine.ports.objects.list('_millrace/spill/jobs/lines/rec/')
    const kept = await Promise.all(spills.map(async ({ key }) => ({ key, bytes: (await engine.ports.objects.get(key))! })))
    await engine.ports.objects.delete(spills.map(({ key }) => key))
    const error: unknown = await engine.runTo(engine.process(), 1_020_000).catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: 'MISSING_ENTRY',
      message: expect.stringMatching(/object _millrace\/spill\/jobs\/lines\/rec\/.* does not exist.*Nothing is committed; restore the object/),
    })
    expect([...engine.ports.log.entries()].filter(({ log }) => log.startsWith('task/'))).toEqual([])
    for (const { key, bytes } of kept) await engine.ports.objects.put(key, bytes)
    engine.clock.moveTo(1_300_000)
    await engine.tick(engine.process())
    await engine.runTo(engine.process(), 1_310_000)
    expect((await results(engine))['groups-1010000']).toHaveLength(60)
  })

  it('is left alone by who loses', async () => {
    const engine = makeEngine(program(numPartitions), SMALL)
    const [one, other] = [engine.process(), engine.process()]
    await Promise.all([engine.deliver(one, LINES), engine.deliver(other, LINES)])
    expect(await engine.entries('rec/lines/shard-0')).toHaveLength(1)
    expect(await engine.ports.objects.list('_millrace/spill/jobs/lines/rec/')).toHaveLength(2)
    await engine.runTo(engine.process(), 1_020_000)
    expect((await results(engine))['groups-1010000']).toHaveLength(60)
  })
})
