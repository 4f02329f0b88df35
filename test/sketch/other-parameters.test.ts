// A deploy with other parameters of a sketch: its states and its rows in flight are of another form, and are never merged with new ones.
import { describe, expect, it } from 'vitest'
import { defineJob, json, seconds, type DStream, type Job, type StandardSchema } from '../../lib/index.ts'
import { countApproxDistinctByKey, countApproxDistinctByKeyAndWindow, quantilesByKeyAndWindow, topKByWindow } from '../../lib/sketch/index.ts'
import { makeEngine } from '../runtime/engine.ts'
import { linesOf } from '../runtime/lines-of.ts'

type Pair = readonly [string, number]
const PAIR: StandardSchema<Pair> = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Pair }) } }

const jobOf = (make: (pairs: DStream<Pair>) => DStream<unknown>): Job =>
  defineJob({ name: 'x', batchInterval: seconds(10) }, (ssc) => make(ssc.kinesisStream('lines', json(PAIR)).map((pair) => pair)).saveAsJsonFiles('out'))

describe('another parameter of a sketch under the uid of a window', () => {
  it.each<[string, (other: boolean) => (pairs: DStream<Pair>) => DStream<unknown>]>([
    [
      'hyperLogLog',
      (other) => (pairs) =>
        countApproxDistinctByKeyAndWindow(
          pairs.mapToPair((pair) => pair),
          seconds(30),
          seconds(10),
          { uid: 'w', relativeSD: other ? 0.01 : 0.05 },
        ),
    ],
    [
      'ddSketch',
      (other) => (pairs) =>
        quantilesByKeyAndWindow(
          pairs.mapToPair((pair) => pair),
          [0.5],
          seconds(30),
          seconds(10),
          { uid: 'w', relativeAccuracy: other ? 0.02 : 0.01 },
        ),
    ],
    [
      'spaceSaving',
      (other) => (pairs) =>
        topKByWindow(
          pairs.map(([, n]) => n),
          other ? 2 : 1,
          seconds(30),
          seconds(10),
          { uid: 'w' },
        ),
    ],
  ])('%s is refused before anything is taken, and going back goes on', async (name, make) => {
    const engine = makeEngine(jobOf(make(false)))
    await engine.deliver(engine.process({ deploy: 1 }), ['["a",1]', '["a",2]'])
    await engine.runTo(engine.process({ deploy: 1 }), 1_015_000)
    const other = engine.process({ deploy: 2, job: jobOf(make(true)) })
    await expect(engine.deliver(other, ['["a",3]'], { from: 2 })).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringMatching(new RegExp(`'w'.*${name}.*Give it another uid`, 's')) as string,
    })
    const back = engine.process({ deploy: 3, job: jobOf(make(false)) })
    await engine.deliver(back, ['["a",3]'], { from: 2 })
    await engine.runTo(back, 1_060_000)
    // All three values of key a are in one window once they have come: three different ones, their median is 2 (within 2 %), each is the most often.
    const rows = (await linesOf(engine, 'out')).map((line) => JSON.parse(line) as readonly [unknown, number | readonly number[]])
    if (name === 'hyperLogLog') expect(rows).toContainEqual(['a', 3])
    else if (name === 'ddSketch') expect(rows.some(([, median]) => Math.abs((median as readonly number[])[0]! - 2) <= 0.04)).toBe(true)
    else expect(rows.length).toBeGreaterThan(0)
    expect([...engine.ports.progress.items()].every(([, { names }]) => names.has('finish'))).toBe(true)
  })
})

it('without a window the rows in flight are counted and warned of, and the job goes on', async () => {
  const of = (relativeSD: number): Job =>
    jobOf((pairs) =>
      countApproxDistinctByKey(
        pairs.mapToPair((pair) => pair),
        { relativeSD },
      ),
    )
  const engine = makeEngine(of(0.05))
  await engine.deliver(engine.process({ deploy: 1 }), ['["a",1]', '["b",2]'])
  const other = engine.process({ deploy: 2, job: of(0.01) })
  await engine.deliver(other, ['["a",3]', '["a",4]'], { from: 2 })
  for (let at = 1_020_000; at <= 1_260_000; at += 60_000) {
    await engine.runTo(other, at)
    await engine.tick(other)
  }
  expect(await linesOf(engine, 'out')).toEqual(['["a",2]'])
  // A combined row per key.
  expect(engine.events.reduce((n, event) => n + Number(event['rowsOfRemovedShuffles'] ?? 0), 0)).toBe(2)
  expect([...engine.ports.progress.items()].every(([, { names }]) => names.has('finish'))).toBe(true)
})
