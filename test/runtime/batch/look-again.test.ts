// A batch whose time comes while a tick reads its inputs: the tick asked before it, so it must look again.
import { expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import type { BatchEntry } from '../../../lib/runtime/entries/entry.ts'
import { makeEngine } from '../engine.ts'

const START = 1_000_000
/** After its time a batch waits for the mapping's window and a slack, a second each. */
const READY = 2_000

it('a batch that becomes ready while its inputs are read is made then, not by the next record or the rule of a minute', async () => {
  const job = defineJob({ name: 'windows', batchInterval: seconds(5) }, (ssc) => {
    ssc.kinesisStream('lines', text()).window(seconds(10), seconds(5)).saveAsTextFiles('out')
  })
  const engine = makeEngine(job, {}, (ports) => ({
    ...ports,
    log: {
      put: (...args) => ports.log.put(...args),
      get: (...args) => ports.log.get(...args),
      newest: (...args) => ports.log.newest(...args),
      getMany: async (keys, options) => {
        const found = await ports.log.getMany(keys, options)
        // The second batch's inputs are asked for just before it is ready, and come just after.
        const isSecond = (await ports.log.newest('batch'))?.n === 0
        if (isSecond && keys.some(({ log }) => log.startsWith('rec/')) && engine.clock.now() === START + 10_000 + READY - 1) engine.clock.advance(2)
        return found
      },
    },
  }))
  const runtime = engine.process()
  await engine.deliver(runtime, ['one'])
  engine.clock.moveTo(START + 10_000 + READY - 1)
  // The tick that receive has sent for its record is lost, and that of the minute's rule comes.
  engine.ports.messages.takeDue()
  await engine.tick(runtime)
  expect(engine.clock.now()).toBe(START + 10_000 + READY + 1)
  await engine.runTo(runtime, engine.clock.now() + 1_000)
  const batches = (await engine.entries('batch')) as readonly BatchEntry[]
  // The record's own, and the second that its window of two intervals covers.
  expect(batches.map(({ time }) => time)).toEqual([START + 5_000, START + 10_000])
})
