// A decoder that makes several rows of a record: they fail one by one, and the dead letter says which it was.
import { expect, it } from 'vitest'
import { defineJob, jsonLines, seconds } from '../../lib/index.ts'
import { makeEngine } from '../runtime/engine.ts'
import { linesOf } from '../runtime/lines-of.ts'

it('makes a dead letter of the bad row, and rows of the others', async () => {
  const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) =>
    ssc
      .kinesisStream('lines', jsonLines())
      .map((row) => {
        if (row === 3) throw new Error('no three')
        return row
      })
      .saveAsJsonFiles('out'),
  )
  const engine = makeEngine(job)
  const process = engine.process()
  await engine.deliver(process, ['1\nbad\n2', '3\n4', '', '5'])
  await engine.runTo(process, 1_060_000)
  expect(await linesOf(engine, 'out')).toEqual(['1', '2', '4', '5'])
  const letters = await engine.deadLetters('rec/lines/shard-0')
  expect(letters.map(({ record, error }) => [Buffer.from(record!.data).toString(), record!.row, error.message])).toEqual([
    ['1\nbad\n2', 1, expect.stringContaining('row is not JSON')],
    ['3\n4', 0, 'no three'],
  ])
})
