// A cold process takes over a state of 100 MB.
import assert from 'node:assert/strict'
import { defineJob, seconds, text, type Job, type State } from 'millrace'
import { random } from '../random.ts'
import { table } from '../table.ts'
import { keyOf } from './flat.ts'
import { cpuMs, noCounts, sizeWorld } from './size-world.ts'

const KEYS = 1_000_000
const LOAD = 200_000
const TOUCHED = 1_000
/** What S3 takes within a region: about 20 ms to the first byte, 80 MB/s per request. */
const S3 = { firstByteMs: 20, bytesPerMs: 80_000 }

interface Visits {
  readonly visits: number
  readonly path: string
  readonly cents: number
}

/** A state of about 100 bytes per key, most of which does not repeat. */
const visitors: Job = defineJob({ name: 'visitors', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((key) => [key, 1])
    .mapWithState(
      (key, _one, state: State<Visits>) => {
        const before = state.getOption()
        const visits = (before?.visits ?? 0) + 1
        const next = random(Number(key.slice(5)) * 31 + 1)
        const path = before?.path ?? `/${Array.from({ length: 7 }, () => Math.floor(next() * 2 ** 48).toString(36)).join('/')}`
        state.update({ visits, path, cents: (before?.cents ?? 0) + visits * 100 + 1 })
        return [key, visits] as const
      },
      { uid: 'visitors' },
    )
    .saveAsJsonFiles('visits')
})

/** Prints what the first batches of cold processes take: reading, decoding, computing, committing. */
export async function cold(): Promise<void> {
  const world = sizeWorld(visitors, { s3: S3 })
  const loader = world.process()
  for (let from = 0; from < KEYS; from += LOAD)
    await world.batch(
      loader,
      Array.from({ length: LOAD }, (_, i) => keyOf(from + i)),
    )
  const rows: string[][] = []
  const next = random(3)
  const runtime = world.process()
  for (const name of ['the first batch', 'the second', 'the third', 'the tenth']) {
    for (let skipped = name === 'the tenth' ? 6 : 0; skipped > 0; skipped--) await touch(next, (keys) => world.batch(runtime, keys))
    Object.assign(world.counts, noCounts())
    const [cpu, wall] = [cpuMs(), performance.now()]
    const keys = await touch(next, (some) => world.batch(runtime, some))
    const { counts } = world
    rows.push([
      name,
      `${((performance.now() - wall) / 1000).toFixed(2)} s`,
      `${((cpuMs() - cpu) / 1000).toFixed(2)} s`,
      counts.stateRequests.toFixed(0),
      `${(counts.stateBytesRead / 1e6).toFixed(1)} MB`,
    ])
    const results = (await world.lastRows('visits')) as [string, number][]
    assert.equal(results.length, keys.length)
    assert.ok(
      results.every(([, visits]) => visits >= 2),
      'a state was lost',
    )
  }
  console.log(
    `A state of ${KEYS.toLocaleString('en')} keys and about 100 MB before compression in one partition; ${TOUCHED} keys touched; S3 answers after ${S3.firstByteMs} ms with ${S3.bytesPerMs / 1000} MB/s`,
  )
  console.log(table(['', 'wall time', 'CPU', 'S3 requests', 'read'], rows))
}

async function touch(next: () => number, run: (keys: readonly string[]) => Promise<unknown>): Promise<readonly string[]> {
  const chosen = new Set<number>()
  while (chosen.size < TOUCHED) chosen.add(Math.floor(KEYS * next()))
  const keys = Array.from(chosen, keyOf)
  await run(keys)
  return keys
}
