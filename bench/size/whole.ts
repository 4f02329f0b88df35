// Operators that hold all of something: updateStateByKey visits every key; a hot key; a batch a hundred times the usual.
import assert from 'node:assert/strict'
import { defineJob, seconds, text, type DStream, type Job } from 'millrace'
import { memoryShares } from '../../lib/runtime/settings.ts'
import { median } from '../measure.ts'
import { random } from '../random.ts'
import { table } from '../table.ts'
import { keyOf } from './flat.ts'
import { cpuMs, sizeWorld } from './size-world.ts'

const USUAL = 9_000
const TIMES = 100
/** With less, a hundred times the usual is taken in several batches. */
const MEMORY_BYTES = 3_008 * 1024 * 1024

const everyKey: Job = defineJob({ name: 'every-key', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((key) => [key, 1])
    .updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length, { uid: 'sums' })
    .filter(([key]) => key.endsWith('777'))
    .saveAsJsonFiles('sums')
})

function grouped(build: (pairs: DStream<readonly [string, number]>) => DStream<readonly [string, number]>): Job {
  return defineJob({ name: 'grouped', batchInterval: seconds(5) }, (ssc) => {
    build(ssc.kinesisStream('lines', text()).map((key) => [key, 1] as const)).saveAsJsonFiles('counts')
  })
}

const byReduce = grouped((pairs) => pairs.mapToPair((pair) => pair).reduceByKey((a, b) => a + b))
const byGroup = grouped((pairs) =>
  pairs
    .mapToPair((pair) => pair)
    .groupByKey()
    .mapValues((ones) => ones.length),
)

/** Prints what they cost. */
export async function whole(): Promise<void> {
  const rows: string[][] = []
  for (const held of [1_000, 10_000, 100_000, 300_000]) rows.push(await visits(held))
  console.log('updateStateByKey: a batch with 1,000 records, by the number of keys held, all of which it visits')
  console.log(table(['keys held', 'batch', 'per key and batch'], rows))
  console.log('')
  const more: string[][] = []
  for (const [name, job] of [
    ['reduceByKey', byReduce],
    ['groupByKey', byGroup],
  ] as const) {
    more.push(await batch(name, job, USUAL, false), await batch(`${name}, half of it one key`, job, USUAL, true), await batch(name, job, USUAL * TIMES, false))
    more.push(await batch(`${name}, half of it one key`, job, USUAL * TIMES, true))
  }
  console.log(
    `One batch over ${USUAL.toLocaleString('en')} records of 5,000 keys, or ${TIMES} times as many, in one partition of a process of ${MEMORY_BYTES / 1024 / 1024} MB`,
  )
  console.log(table(['', 'records', 'receive', 'batch', 'entries', 'objects'], more))
}

async function visits(held: number): Promise<string[]> {
  const world = sizeWorld(everyKey)
  const runtime = world.process()
  await world.batch(
    runtime,
    Array.from({ length: held }, (_, i) => keyOf(i)),
  )
  const next = random(11)
  const expected = new Map<string, number>()
  const times: number[] = []
  for (let k = 0; k < 9; k++) {
    const keys = Array.from({ length: 1_000 }, () => keyOf(Math.floor(held * next())))
    for (const key of keys) expected.set(key, (expected.get(key) ?? 1) + 1)
    await world.deliver(runtime, keys)
    // One batch: it comes 2 s after its end at the latest.
    const from = cpuMs()
    await world.runFor(runtime, world.intervalMs)
    times.push(cpuMs() - from)
  }
  await world.runFor(runtime, world.intervalMs)
  const rows = (await world.lastRows('sums')) as [string, number][]
  assert.equal(rows.length, Math.floor(held / 1_000))
  assert.ok(
    rows.every(([key, n]) => n === (expected.get(key) ?? 1)),
    'a sum disagrees with a plain count',
  )
  const ms = median(times.slice(2))
  return [held.toLocaleString('en'), `${ms.toFixed(0)} ms`, `${((ms * 1000) / held).toFixed(1)} us`]
}

async function batch(name: string, job: Job, records: number, hot: boolean): Promise<string[]> {
  const world = sizeWorld(job, { settings: memoryShares(MEMORY_BYTES) })
  const runtime = world.process()
  const next = random(2)
  const keys = Array.from({ length: records }, (_, i) => (hot && i % 2 === 0 ? 'hot' : keyOf(Math.floor(5_000 * next()))))
  const { receiveMs, runMs } = await world.batch(runtime, keys)
  const rows = (await world.lastRows('counts')) as [string, number][]
  const expected = new Map<string, number>()
  for (const key of keys) expected.set(key, (expected.get(key) ?? 0) + 1)
  assert.ok(rows.length === expected.size && rows.every(([key, n]) => expected.get(key) === n), `${name}, ${records} records: disagrees with a plain count`)
  const { dynamoBytesWritten, s3BytesWritten } = world.counts
  return [
    name,
    records.toLocaleString('en'),
    `${Math.round(receiveMs).toLocaleString('en')} ms`,
    `${Math.round(runMs).toLocaleString('en')} ms`,
    `${Math.round(dynamoBytesWritten / 1024).toLocaleString('en')} KB`,
    `${Math.round(s3BytesWritten / 1024).toLocaleString('en')} KB`,
  ]
}
