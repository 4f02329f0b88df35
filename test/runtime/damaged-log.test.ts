import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type State } from '../../lib/index.ts'
import { encodeEntry } from '../../lib/runtime/entries/entry-codec.ts'
import type { Log } from '../../lib/runtime/ports/log.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'
import { makeEngine } from './engine.ts'
import { linesOf } from './lines-of.ts'

const simple = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
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

/** Returns something else for one entry, whenever it is read. */
const instead =
  (log: string, n: number, bytes: Uint8Array | null) =>
  (ports: Ports): Ports => {
    const { log: inner } = ports
    const isIt = (key: { readonly log: string; readonly n: number }): boolean => key.log === log && key.n === n
    const damaged: Log = {
      put: (key, own, options) => inner.put(key, own, options),
      get: async (key, o) => (isIt(key) ? bytes : inner.get(key, o)),
      getMany: async (keys, o) => (await inner.getMany(keys, o)).map((found, i) => (isIt(keys[i]!) ? bytes : found)),
      newest: async (name) => {
        const found = await inner.newest(name)
        return found !== null && isIt({ log: name, n: found.n }) && bytes !== null ? { n: found.n, bytes } : found
      },
    }
    return { ...ports, log: damaged }
  }
const NONSENSE = new Uint8Array(Buffer.from('this is no entry'))
const OTHER = encodeEntry({ kind: 'input', deploy: 1, id: 'x', at: 0, stream: 's', shard: 'p' })

describe('a log entry', () => {
  let damage: (ports: Ports) => Ports = (p) => p
  /** Three batches by a sound process; then what a cold one does with a damaged log. */
  async function damaged(log: string, n: number, bytes: Uint8Array | null): Promise<{ readonly error: unknown; readonly wrote: readonly string[] }> {
    damage = (p) => p
    const engine = makeEngine(simple, {}, (ports) => damage(ports))
    const runtime = engine.process()
    for (let k = 0; k < 3; k++) {
      await engine.deliver(runtime, ['a'], { from: k })
      await engine.runTo(runtime, 1_000_000 + (k + 1) * 20_000)
    }
    await engine.deliver(runtime, ['a'], { from: 3 })
    const before = new Set([...engine.ports.log.entries()].map((e) => `${e.log}#${e.n}`))
    damage = instead(log, n, bytes)
    const cold = engine.process()
    engine.clock.moveTo(1_085_000)
    const error: unknown = await engine
      .tick(cold)
      .then(
        () => engine.deliver(cold, ['a'], { from: 4 }),
        (e: unknown) => e,
      )
      .catch((e: unknown) => e)
    return { error, wrote: [...engine.ports.log.entries()].map((e) => `${e.log}#${e.n}`).filter((key) => !before.has(key)) }
  }

  const corrupt = /^entry (batch|rec|task)/
  it.each<[string, string, number, Uint8Array, readonly string[]]>([
    ['of the batch log that is nonsense', 'batch', 2, NONSENSE, []],
    ['of the batch log that is of another kind', 'batch', 2, OTHER, []],
    ['of a receiver log that is nonsense', 'rec/lines/shard-0', 3, NONSENSE, []],
    ['of a receiver log that is of another kind', 'rec/lines/shard-0', 3, OTHER, []],
    ['of a task log that is nonsense', 'task/stage-1x1/0', 2, NONSENSE, ['batch#3']],
    ['of a task log that is of another kind', 'task/stage-1x1/0', 1, OTHER, ['batch#3']],
  ])('%s stops whoever reads it, and it says which', async (_, log, n, bytes, wrote) => {
    const result = await damaged(log, n, bytes)
    expect(result.error).toMatchObject({ code: 'CORRUPT_ENTRY', message: expect.stringMatching(corrupt) })
    expect(result.error).toMatchObject({ message: expect.stringContaining(`${log}#${n}`) })
    expect(result.wrote).toEqual(wrote)
  })

  it.each<[string, string, number, readonly string[]]>([
    ['of a task log', 'task/stage-1x1/0', 1, ['batch#3']],
    ['of a task log, the newest', 'task/stage-1x1/0', 2, ['batch#3']],
  ])('%s that is missing stops whoever needs it, never counting as empty', async (_, log, n, wrote) => {
    const result = await damaged(log, n, null)
    expect(result.error).toMatchObject({
      code: 'MISSING_ENTRY',
      message: expect.stringMatching(/must exist and does not .* Nothing is committed; restore the table/),
    })
    expect(result.error).toMatchObject({ message: expect.stringContaining(`${log}#${n}`) })
    expect(result.wrote).toEqual(wrote)
  })

  it('that a batch names and that is missing stops the task', async () => {
    damage = (p) => p
    const engine = makeEngine(simple, {}, (ports) => damage(ports))
    const runtime = engine.process({ numPartitions: 2 })
    await engine.deliver(runtime, ['a', 'b'])
    engine.clock.moveTo(1_014_000)
    await engine.tick(runtime)
    damage = instead('rec/lines/shard-0', 0, null)
    await expect(engine.runTo(engine.process({ numPartitions: 2 }), 1_015_000)).rejects.toMatchObject({
      code: 'MISSING_ENTRY',
      message: expect.stringContaining('rec/lines/shard-0#0'),
    })
    expect([...engine.ports.log.entries()].filter((e) => e.log.startsWith('task/'))).toEqual([])
  })
})

describe('ports that fail', () => {
  it('a put that fails stops the invocation; the retry goes on', async () => {
    let full = true
    const engine = makeEngine(simple, {}, (ports) => ({
      ...ports,
      log: {
        put: (key, bytes, o) => (full && key.log.startsWith('task/') ? Promise.reject(new Error('database or disk is full')) : ports.log.put(key, bytes, o)),
        get: (k, o) => ports.log.get(k, o),
        getMany: (k, o) => ports.log.getMany(k, o),
        newest: (l) => ports.log.newest(l),
      },
    }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'a'])
    await expect(engine.runTo(runtime, 1_020_000)).rejects.toThrow('disk is full')
    full = false
    // The state in this warm process is what is committed: nothing was.
    engine.clock.moveTo(1_200_000)
    await engine.tick(runtime)
    expect(await linesOf(engine, 'totals')).toEqual(['["a",1]', '["a",2]'])
    expect(engine.events.find((e) => e.event === 'invocation' && 'error' in e)).toMatchObject({
      kind: 'tick',
      error: 'database or disk is full',
      batchNumbers: [0],
    })
  })
})
