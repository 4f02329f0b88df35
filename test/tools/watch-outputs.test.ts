import { describe, expect, it } from 'vitest'
import type { Runtime } from '../../lib/runtime/create-runtime.ts'
import { formatWatchEvent } from '../../lib/tools/format-watch-event.ts'
import { watchOutputs, type WatchEvent } from '../../lib/tools/watch-outputs.ts'
import { makeEngine, type Engine } from '../runtime/engine.ts'
import { afterOneBatch, broken, sums } from './sums.ts'

describe('watch', () => {
  /** Events until the time is over; each look at an empty log lets the engine run for a second. */
  async function watch(engine: Engine, runtime: Runtime, options: { last?: number; maxLines?: number; forMs: number }): Promise<readonly WatchEvent[]> {
    const events: WatchEvent[] = []
    const pace = { now: () => engine.clock.now(), sleep: (ms: number) => engine.runTo(runtime, engine.clock.now() + ms) }
    const { last = 1, maxLines = Infinity, forMs } = options
    for await (const event of watchOutputs({ job: 'sums', outputPrefix: 'p/', ports: engine.ports, pace, last, maxLines, untilMs: engine.clock.now() + forMs }))
      events.push(event)
    return events
  }
  const outputs = (events: readonly WatchEvent[]): unknown[] =>
    events.flatMap((e) => (e.event === 'output' && e.kind === 'file' ? [[e.file, e.rows, e.lines]] : []))

  it('begins with the newest batch and goes on with those that are committed', async () => {
    const engine = await afterOneBatch()
    const runtime = engine.process()
    await engine.deliver(runtime, ['["a",1]'], { from: 10 })
    const events = await watch(engine, runtime, { forMs: 20_000 })
    expect(events[0]).toEqual({ event: 'watching', job: 'sums', batch: 0 })
    expect(outputs(events)).toEqual([
      ['p/totals-1010000/part-00000', 1, ['{"key":"e","total":3}']],
      ['p/totals-1010000/part-00001', 2, ['{"key":"a","total":1}', '{"key":"b","total":2}']],
      ['p/totals-1020000/part-00001', 1, ['{"key":"a","total":2}']],
    ])
    // What foreachRDD gets is an output, too.
    expect(
      events.filter((e) => e.event === 'output' && e.kind === 'rows' && e.operator === 'effect').map((e) => e.event === 'output' && e.lines),
    ).toContainEqual(['{"key":"a","total":2}'])
  })

  it('waits for the first batch', async () => {
    const engine = makeEngine(sums)
    const runtime = engine.process()
    await engine.deliver(runtime, ['["a",1]', '["b",2]', '["e",3]'])
    const events = await watch(engine, runtime, { forMs: 20_000, maxLines: 0 })
    expect(events[0]).toEqual({ event: 'watching', job: 'sums', batch: null })
    expect(outputs(events)).toEqual([
      ['p/totals-1010000/part-00000', 1, []],
      ['p/totals-1010000/part-00001', 2, []],
    ])
  })

  it('shows an output that lies in an object', async () => {
    const engine = makeEngine(sums, { spillBytes: 1_000 })
    const runtime = engine.process()
    await engine.deliver(
      runtime,
      Array.from({ length: 3_000 }, (_, i) => JSON.stringify([`key-${i}`, i])),
    )
    await engine.runTo(runtime, 1_015_000)
    const whole = await watch(engine, runtime, { forMs: 0 })
    const head = await watch(engine, runtime, { forMs: 0, maxLines: 2 })
    const lines = (events: readonly WatchEvent[]): (readonly string[])[] => events.flatMap((e) => (e.event === 'output' && e.kind === 'file' ? [e.lines] : []))
    expect(lines(whole).flat()).toHaveLength(3_000)
    expect(lines(head)).toEqual(lines(whole).map((all) => all.slice(0, 2)))
  })

  it('says when a batch is stuck, once an attempt', async () => {
    broken.add('effect')
    const engine = await afterOneBatch()
    const events = await watch(engine, engine.process(), { forMs: 5_000 }).finally(() => broken.clear())
    const stuck = events.filter((e) => e.event === 'stuck')
    expect(stuck).toHaveLength(1)
    expect(formatWatchEvent(stuck[0]!, { table: true, nowMs: 1_020_000 })).toEqual([
      expect.stringMatching(/^00:16:50 {2}batch 0 is stuck: task .* failed \(attempt \d\): operator 'effect' .*the shop is closed/),
    ])
  })

  const OUTPUT = { event: 'output', batch: 1, timeMs: 1_010_000, stage: 's', partition: 0, operator: 'o', kind: 'file', file: 'f/part-00000', rows: 3 } as const
  it.each<[what: string, event: WatchEvent, table: boolean, lines: readonly string[]]>([
    ['a table', { ...OUTPUT, lines: ['["a",1]', '["bc",20]'] }, true, ['00:16:50  f/part-00000  3 rows', '   a     1', '   bc   20', '   ... 1 more']],
    ['lines', { ...OUTPUT, rows: 1, lines: ['["a",1]'] }, false, ['00:16:50  f/part-00000  1 row', '["a",1]']],
    ['what print writes', { ...OUTPUT, kind: 'print', file: '', lines: ['---'] }, true, ['00:16:50  print o  3 rows', '---']],
    ['rows for foreachRDD', { ...OUTPUT, kind: 'rows', file: '', rows: 1, lines: ['[1]'] }, false, ['00:16:50  foreachRDD o  1 row', '[1]']],
    ['a job without a batch', { event: 'watching', job: 'sums', batch: null }, true, ['sums has no batch yet: waiting for its first records']],
    ['where it begins', { event: 'watching', job: 'sums', batch: 1_088 }, true, ['sums from batch 1 088 on']],
  ])('shows %s', (_what, event, table, lines) => {
    expect(formatWatchEvent(event, { table, nowMs: 1_020_000 })).toEqual(lines)
  })
})
