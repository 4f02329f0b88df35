import { expect, test } from 'vitest'
import { Pace } from '../../lib/embedded/pace.ts'

/** A wall clock that stands still but for the waits, and a pace that follows it. */
function setup(speed: number): { readonly pace: Pace; readonly waits: number[]; work(ms: number): void } {
  let nowMs = 500
  const waits: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms)
    nowMs += ms
  }
  return { pace: new Pace(speed, () => nowMs, { sleep }), waits, work: (ms) => void (nowMs += ms) }
}

test.each([
  { speed: 1, waits: [1000, 1500] },
  { speed: 3, waits: [1000 / 3, 500] },
  { speed: 0.5, waits: [2000, 3000] },
  { speed: Infinity, waits: [] },
])('stream time passes at speed $speed, from the first moment on', async ({ speed, waits }) => {
  const run = setup(speed)
  for (const streamMs of [1_770_000_000_000, 1_770_000_001_000, 1_770_000_002_500]) await run.pace.until(streamMs)
  expect(run.waits.map((ms) => ms.toFixed(6))).toEqual(waits.map((ms) => ms.toFixed(6)))
})

test('what took long is made up for: no wait, and a delay that is told', async () => {
  const { pace, waits, work } = setup(10)
  expect(pace.since(0)).toBeUndefined()
  await pace.until(0)
  work(350)
  await pace.until(1_000)
  expect(pace.since(1_000)).toBe(250)
  await pace.until(2_000)
  await pace.until(4_000)
  expect(waits).toEqual([50])
})
