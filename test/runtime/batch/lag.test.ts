import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import type { BatchEntry } from '../../../lib/runtime/entries/entry.ts'
import { makeEngine, type Engine } from '../engine.ts'
import { objectsWithPut } from '../ports/objects-with-put.ts'
import { Stuck } from '../task/stuck.ts'

const INTERVAL = 5_000
const BATCHES = 4

/** A job that is four batches behind; `order`: objects and calls, as they come. */
async function lagging(stuck = new Stuck()): Promise<{ readonly engine: Engine; readonly order: string[] }> {
  const order: string[] = []
  const job = defineJob({ name: 'counts', batchInterval: seconds(5) }, (ssc) => {
    const lines = ssc.kinesisStream('lines', text())
    lines.foreachRDD((rdd, batch) => void order.push(`call ${rdd.collect().join()} ${batch.time.milliseconds}`))
    lines.saveAsTextFiles('lines')
  })
  let processes = 0
  const engine: Engine = makeEngine(job, { taskTimeoutMs: 180_000 }, (ports) => {
    const { objects } = processes++ === 1 ? stuck.wrap(ports) : ports
    return {
      ...ports,
      objects: objectsWithPut(objects, async (key, bytes) => {
        await objects.put(key, bytes)
        order.push(key)
      }),
    }
  })
  const receiver = engine.process()
  for (let i = 0; i < BATCHES; i++) {
    await engine.deliver(receiver, [`line ${i}`], { from: i })
    engine.clock.advance(INTERVAL)
  }
  engine.ports.messages.takeDue()
  engine.clock.advance(60_000)
  return { engine, order }
}

const TIMES = Array.from({ length: BATCHES }, (_, i) => 1_005_000 + i * INTERVAL)
const FILES = TIMES.flatMap((time) => [`lines-${time}/_SUCCESS`, `lines-${time}/part-00000`])

describe('a lag', () => {
  it('is worked off with each batch allocated while the one before is being closed', async () => {
    const { engine, order } = await lagging()
    await engine.tick(engine.process())
    const batches = (await engine.entries('batch')) as readonly BatchEntry[]
    expect(batches.map(({ time }) => time)).toEqual(TIMES)
    expect(batches.map(({ closes }) => closes?.names.filter((name) => name.startsWith('dir')))).toEqual([
      undefined,
      ...TIMES.slice(0, -1).map((time) => [`dir lines-${time}`]),
    ])
    expect(order.filter((what) => what.endsWith('_SUCCESS'))).toEqual(TIMES.map((time) => `lines-${time}/_SUCCESS`))
    expect(order.filter((what) => !what.startsWith('call')).sort()).toEqual([...FILES].sort())
    expect(order.filter((what) => what.startsWith('call'))).toEqual(TIMES.map((time, i) => `call line ${i} ${time}`))
    for (let k = 0; k < BATCHES; k++) expect((await engine.ports.progress.get(k))?.names.has('finish')).toBe(true)
  })

  it.each([
    ['before _SUCCESS of the first is written', { request: 'put _SUCCESS', after: false }],
    ['after it is written', { request: 'put _SUCCESS', after: true }],
  ] as const)('who takes up the second batch closes the first, whose process is stuck %s', async (_, at) => {
    const stuck = new Stuck()
    stuck.at = at
    const { engine, order } = await lagging(stuck)
    const dying = engine.tick(engine.process())
    await new Promise((resolve) => setImmediate(resolve))
    expect(stuck.at).toBeUndefined()
    // The second has its file, but only the first may be closed.
    expect(order).toContain(`lines-${TIMES[1]}/part-00000`)
    expect(order).not.toContain(`lines-${TIMES[1]}/_SUCCESS`)
    const other = engine.process()
    for (let i = 0; i < 20; i++) {
      engine.clock.advance(30_000)
      await engine.tick(other)
    }
    const closed = order.filter((what) => what.endsWith('_SUCCESS'))
    expect([...new Set(closed)]).toEqual(TIMES.map((time) => `lines-${time}/_SUCCESS`))
    expect(new Set(order.filter((what) => !what.startsWith('call')))).toEqual(new Set(FILES))
    // What the stuck process has not told anybody stands in the second batch's entry: nothing of the first is done again.
    expect(order.filter((what) => what.startsWith('call line 0'))).toHaveLength(1)
    expect(order.filter((what) => what.startsWith('call line 1'))).toHaveLength(2)
    stuck.letGo()
    await dying
    expect(new Set(order.filter((what) => !what.startsWith('call')))).toEqual(new Set(FILES))
    expect(order.filter((what) => what.startsWith('call'))).toHaveLength(BATCHES + 1)
  })
})
