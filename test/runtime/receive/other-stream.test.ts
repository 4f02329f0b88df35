// A stream that was made again under its name counts from the beginning: its records are no redelivery, and must not be dropped as one.
import { expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import { makeEngine } from '../engine.ts'

const job = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => ssc.kinesisStream('lines', text()).saveAsTextFiles('out'))
const AT = 1_000_000

it('stops where records before the end of the log arrived after it was written, whoever remembers the log', async () => {
  const engine = makeEngine(job)
  const warm = engine.process()
  await engine.deliver(warm, ['a', 'b', 'c'])
  engine.clock.moveTo(AT + 600_000)
  for (const process of [warm, engine.process()])
    await expect(engine.deliver(process, ['x', 'y'], { arrivalMs: AT + 599_000 })).rejects.toMatchObject({
      code: 'BAD_EVENT',
      message: expect.stringMatching(
        /record 1 of lines\/shard-0 lies before the end of its log \(entry 0\), but arrived at 1970-01-01T00:26:39.000Z, .* made again under its name.* another name in the program/,
      ),
    })
  expect(await engine.entries('rec/lines/shard-0')).toHaveLength(1)
})

it('stops where only the first of an event lie before it: what follows would be numbered as before by chance', async () => {
  const engine = makeEngine(job)
  await engine.deliver(engine.process(), ['a', 'b', 'c'])
  engine.clock.moveTo(AT + 600_000)
  await expect(engine.deliver(engine.process(), ['v', 'w', 'x', 'y', 'z'], { arrivalMs: AT + 599_000 })).rejects.toMatchObject({ code: 'BAD_EVENT' })
})

it.each([
  ['a redelivery, however late', AT],
  ['a stream whose clock is a minute ahead of ours', AT + 60_000],
])('takes %s for what it is', async (_what, arrivalMs) => {
  const engine = makeEngine(job)
  await engine.deliver(engine.process(), ['a', 'b', 'c'], { arrivalMs })
  engine.clock.moveTo(AT + 86_400_000)
  expect(await engine.deliver(engine.process(), ['a', 'b', 'c'], { arrivalMs })).toMatchObject({ consumed: 3, duplicates: 3 })
})
