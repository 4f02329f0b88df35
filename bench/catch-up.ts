import assert from 'node:assert/strict'
import { defineJob, seconds, text, type Job } from 'millrace'
import { AwsWorld, START_MS } from './aws-world.ts'
import type { Delays } from './delays.ts'
import { median } from './measure.ts'
import { table } from './table.ts'

const INTERVAL_MS = 5_000
const WINDOW_MS = 30_000
const LAG_MS = 3_600_000
/** 50 KB/s in records of 1 KB. */
const PER_SECOND = 50
const FILLER = 'x'.repeat(1_000)
const KEYS = 100

/** Counts per key over the last 30 s. */
export const windowed: Job = defineJob({ name: 'windowed', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((line) => [line.slice(0, line.indexOf(' ')), 1])
    .reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      seconds(30),
      seconds(5),
      { uid: 'counts', filter: ([, n]) => n > 0 },
    )
    .saveAsJsonFiles('counts')
})

export interface CatchUp {
  /** Of the batches of the lag, ms from one `_SUCCESS` to the next. */
  readonly batchMs: readonly number[]
  readonly tookMs: number
  /** Batches whose file is not what a fold over the arrival times says. */
  readonly wrong: readonly number[]
  readonly batches: number
}

/** Lets records come for an hour without anybody running batches, then runs them while more come, and compares every window with a fold by arrival time. */
export async function measureCatchUp(seed: number, delays: Delays, lagMs: number = LAG_MS): Promise<CatchUp> {
  const arrivals: { readonly at: number; readonly key: string }[] = []
  const files = new Map<number, string>()
  const closed = new Map<number, number>()
  const world = new AwsWorld({
    job: windowed,
    seed,
    shards: 1,
    delays,
    onObject: (key, bytes, atMs) => {
      const time = Number(/^counts-(\d+)\//.exec(key)?.[1])
      if (key.endsWith('/part-00000')) files.set(time, Buffer.from(bytes).toString())
      if (key.endsWith('/_SUCCESS')) closed.set(time, atMs)
    },
  })
  const produce = (): void => {
    const key = `k${world.random.int(KEYS)}`
    arrivals.push({ at: world.time.now(), key })
    world.put(`${key} ${FILLER}`, 'shard')
    world.time.after(1_000 / PER_SECOND, produce)
  }
  // The job has been running for a minute when it stops.
  world.time.after(1, produce)
  const stopsAt = START_MS + 60_000
  await world.runTo(stopsAt)
  world.running = false
  const startsAt = stopsAt + lagMs
  await world.runTo(startsAt)
  world.running = true
  let now = startsAt
  // Caught up: the batch that closed last is that of the time now.
  while (Math.max(0, ...closed.keys()) < now - 2 * INTERVAL_MS) await world.runTo((now += 1_000))
  await world.runTo(now + 60_000)
  const times = [...closed.keys()].sort((a, b) => a - b)
  const wrong = times.filter((time) => files.get(time) !== expected(arrivals, time))
  const lagged = times.filter((time) => time > stopsAt && (closed.get(time) ?? 0) >= startsAt && (closed.get(time) ?? 0) <= now)
  const batchMs = lagged.slice(1).map((time) => (closed.get(time) ?? 0) - (closed.get(time - INTERVAL_MS) ?? 0))
  return { batchMs, tookMs: now - startsAt, wrong, batches: times.length }
}

function expected(arrivals: readonly { readonly at: number; readonly key: string }[], time: number): string {
  const counts = new Map<string, number>()
  for (const { at, key } of arrivals) if (at >= time - WINDOW_MS && at < time) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, n]) => `${JSON.stringify([key, n])}\n`)
    .join('')
}

/** Prints how fast an hour's lag is worked off. */
export async function catchUp(seed: number, kinds: readonly (readonly [string, Delays])[]): Promise<void> {
  const rows: string[][] = []
  for (const [name, delays] of kinds) {
    const { batchMs, tookMs, wrong, batches } = await measureCatchUp(seed, delays)
    assert.deepEqual(wrong, [], 'windows that are not those of the arrival times')
    const batch = median(batchMs)
    rows.push([
      name,
      String(batches),
      `${batch} ms`,
      `${(INTERVAL_MS / batch).toFixed(0)}x`,
      `${(tookMs / 1_000).toFixed(0)} s`,
      `${((LAG_MS + tookMs) / tookMs).toFixed(0)}x`,
    ])
  }
  console.log('An hour of lag at 50 KB/s, 5 s interval, one shard, one partition, windows of 30 s; every window compared with a fold by arrival time')
  console.log(table(['', 'batches', 'a batch takes', 'times real time', 'caught up in', 'in all'], rows))
}
