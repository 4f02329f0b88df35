// Run by memory.ts in a process with a small heap: ten million keys over eight partitions, all in this process.
import assert from 'node:assert/strict'
import { defineJob, seconds, text, type Job } from 'millrace'
import { median } from '../measure.ts'
import { random } from '../random.ts'
import { table } from '../table.ts'
import { keyOf } from './flat.ts'
import { noCounts, sizeWorld } from './size-world.ts'
import { runningTotal } from '../running-total.ts'

const KEYS = 10_000_000
const PARTITIONS = 8
const CACHE_MB = 256
const STEP = 1_000_000
/** Keys that one record stands for while the state is filled. */
const EXPAND = 1_000
const TOUCHED = 1_000
const BATCHES = 12

/** A record is a number, or a range of numbers. */
const totals: Job = defineJob({ name: 'totals', batchInterval: seconds(5), numPartitions: PARTITIONS }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .flatMapToPair((line) => {
      const [from = 0, to = from + 1] = line.split('-').map(Number)
      return Array.from({ length: to - from }, (_, i) => [keyOf(from + i), 1] as const)
    })
    .mapWithState(runningTotal, { uid: 'totals' })
    .filter(([, total]) => total > 1)
    .saveAsJsonFiles('again')
})

const world = sizeWorld(totals, { settings: { stateCacheBytes: CACHE_MB * 1024 * 1024, maxTaskBytes: 512 * 1024 * 1024 } })
const runtime = world.process()
let peak = 0
const look = (): void => void (peak = Math.max(peak, process.memoryUsage().heapUsed))
for (let from = 0; from < KEYS; from += STEP) {
  await world.batch(
    runtime,
    Array.from({ length: STEP / EXPAND }, (_, i) => `${from + i * EXPAND}-${from + (i + 1) * EXPAND}`),
  )
  look()
}
const next = random(5)
const expected = new Map<string, number>()
const times: number[] = []
Object.assign(world.counts, noCounts())
for (let batch = 0; batch < BATCHES; batch++) {
  const chosen = new Set<number>()
  while (chosen.size < TOUCHED) chosen.add(Math.floor(KEYS * next()))
  for (const n of chosen) expected.set(keyOf(n), (expected.get(keyOf(n)) ?? 1) + 1)
  const { runMs } = await world.batch(runtime, Array.from(chosen, String))
  look()
  times.push(runMs)
  const rows = (await world.lastRows('again')) as [string, number][]
  assert.equal(rows.length, chosen.size, 'a key is missing: its state was lost')
  assert.ok(
    rows.every(([key, total]) => expected.get(key) === total),
    'a total disagrees with a plain count',
  )
}
globalThis.gc?.()
const { heapUsed, external, rss } = process.memoryUsage()
const mb = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
console.log(`${KEYS.toLocaleString('en')} keys over ${PARTITIONS} partitions in one process, ${CACHE_MB} MB for buckets; ${TOUCHED} keys touched per batch`)
console.log(
  table(
    ['', 'MB'],
    [
      ['heap at its highest', mb(peak)],
      ['heap after the last batch', mb(heapUsed)],
      ['buckets and stores, beside the heap', mb(external)],
      ['process', mb(rss)],
    ],
  ),
)
console.log(
  `a batch: ${median(times).toFixed(0)} ms of CPU, ${(world.counts.stateRequests / BATCHES).toFixed(0)} S3 requests, ${(world.counts.stateBytesRead / BATCHES / 1e6).toFixed(1)} MB read`,
)
