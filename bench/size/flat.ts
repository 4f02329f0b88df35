import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { defineJob, seconds, text, type Job } from 'millrace'
import { random } from '../random.ts'
import { median } from '../measure.ts'
import { table } from '../table.ts'
import { noCounts, sizeWorld, type Counts } from './size-world.ts'
import { runningTotal } from '../running-total.ts'

const TOUCHED = 1_000
/** Between two snapshots are so many batches: the setting tailEntries. */
const TAIL = 100
const LOAD = 100_000

/** How often each key has come, since ever. */
export const totals: Job = defineJob({ name: 'totals', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((key) => [key, 1])
    .mapWithState(runningTotal, { uid: 'totals' })
    .filter(([key]) => key.endsWith('77'))
    .saveAsJsonFiles('some')
})

/** The same without state: what a batch of so many records costs anyway. */
const stateless: Job = defineJob({ name: 'stateless', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((key) => [key, 1])
    .groupByKey()
    .mapValues((ones) => ones.length)
    .filter(([key]) => key.endsWith('77'))
    .saveAsJsonFiles('some')
})

export function keyOf(n: number): string {
  return `user-${String(n).padStart(8, '0')}`
}

/** Prints what a batch of 1,000 touched keys costs, by the number of keys that are held. */
export async function flat(): Promise<void> {
  const rows: string[][] = []
  for (const held of [1_000, 10_000, 100_000, 1_000_000]) rows.push(await row(held))
  console.log(
    `A batch that touches ${TOUCHED} keys of a mapWithState, by the number of keys held: one partition, one warm process, CPU time, ${TAIL} batches from a snapshot to the next`,
  )
  console.log(
    table(
      [
        'keys held',
        'bytes written',
        'requests',
        'of snapshots, per batch: bytes',
        'requests',
        'a snapshot takes',
        'batch without state',
        'batch',
        'per touched key',
        'snapshots included',
      ],
      rows,
    ),
  )
}

async function row(held: number): Promise<string[]> {
  const world = sizeWorld(totals)
  const runtime = world.process()
  for (let from = 0; from < held; from += LOAD) {
    const keys = Array.from({ length: Math.min(LOAD, held - from) }, (_, i) => keyOf(from + i))
    await world.batch(runtime, keys)
  }
  const next = random(7)
  const expected = new Map<string, number>()
  const batches: { readonly ms: number; readonly counts: Counts; readonly snapshotMs: number }[] = []
  for (let k = 0; k < 2.2 * TAIL; k++) {
    const keys = sample(held, next)
    for (const key of keys) expected.set(key, (expected.get(key) ?? 1) + 1)
    Object.assign(world.counts, noCounts())
    world.events.length = 0
    const { runMs } = await world.batch(runtime, keys)
    const counts = { ...world.counts }
    batches.push({ ms: runMs, counts, snapshotMs: counts.stateRequests > 0 ? runMs : 0 })
    if (k % 50 > 0) continue
    const some = keys.filter((key) => key.endsWith('77')).sort()
    const rows = (await world.lastRows('some')) as [string, number][]
    assert.ok(
      some.length === 0 ||
        isDeepStrictEqual(
          rows.sort(([a], [b]) => (a < b ? -1 : 1)),
          some.map((key) => [key, expected.get(key)]),
        ),
      `${held} keys held: batch ${k} disagrees with a plain count`,
    )
  }
  const warm = batches.slice(Math.ceil(0.2 * TAIL))
  const plain = warm.filter(({ counts }) => counts.stateRequests === 0)
  const snapshots = warm.filter(({ counts }) => counts.stateRequests > 0)
  const without = await statelessMs(held)
  const mean = (of: (counts: Counts) => number, list: readonly { readonly counts: Counts }[], over: number): number =>
    list.reduce((sum, { counts }) => sum + of(counts), 0) / over
  const ms = median(plain.map((b) => b.ms))
  const snapshotMs = snapshots.reduce((sum, b) => sum + b.ms - ms, 0)
  return [
    held.toLocaleString('en'),
    whole(mean((c) => c.dynamoBytesWritten + c.s3BytesWritten, plain, plain.length)),
    mean((c) => c.entryPuts + c.entryReads + c.progressRequests + c.s3Requests, plain, plain.length).toFixed(0),
    whole(mean((c) => c.stateBytesWritten, warm, warm.length)),
    mean((c) => c.stateRequests, warm, warm.length).toFixed(2),
    `${whole(snapshotMs / snapshots.length)} ms`,
    `${without.toFixed(2)} ms`,
    `${ms.toFixed(2)} ms`,
    `${(((ms - without) * 1_000) / TOUCHED).toFixed(2)} us`,
    `${(((ms + snapshotMs / warm.length - without) * 1_000) / TOUCHED).toFixed(2)} us`,
  ]
}

function whole(n: number): string {
  return Math.round(n).toLocaleString('en')
}

function sample(held: number, next: () => number): readonly string[] {
  const chosen = new Set<number>()
  while (chosen.size < TOUCHED) chosen.add(Math.floor(held * next()))
  return Array.from(chosen, keyOf)
}

async function statelessMs(held: number): Promise<number> {
  const world = sizeWorld(stateless)
  const runtime = world.process()
  const next = random(7)
  const times: number[] = []
  for (let k = 0; k < 120; k++) times.push((await world.batch(runtime, sample(held, next))).runMs)
  return median(times.slice(20))
}
