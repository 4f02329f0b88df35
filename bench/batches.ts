// A batch from end to end in memory: received, allocated, computed, committed, published. Beside the naive loop, and Spark by way of it.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineJob, seconds, text, type Job } from 'millrace'
import { FolderObjects } from '../lib/embedded/stores/folder-objects.ts'
import { openDatabase } from '../lib/embedded/stores/open-database.ts'
import { SqliteLog } from '../lib/embedded/stores/sqlite-log.ts'
import { SqliteProgress } from '../lib/embedded/stores/sqlite-progress.ts'
import { kinesisEvent } from './kinesis-event.ts'
import { naiveWordCount } from './hand/word-count.ts'
import { wordCount } from './jobs.ts'
import { logLines } from './lines.ts'
import { cpuMs, keep } from './measure.ts'
import { memoryWorld, type MemoryWorld } from './memory-world.ts'
import { table } from './table.ts'

const windowed = defineJob({ name: 'windowed', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .flatMap((line) => line.split(' '))
    .mapToPair((word) => [word, 1])
    .reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      seconds(30),
      seconds(5),
      { uid: 'counts', filter: ([, n]) => n > 0 },
    )
    .saveAsJsonFiles('counts')
})

const idle = defineJob({ name: 'idle', batchInterval: seconds(5) }, (ssc) => {
  ssc.kinesisStream('lines', text()).count().saveAsJsonFiles('counts')
})

// How many times faster the naive loop is than Spark Streaming's WordCount, pinned to one core, by records a batch (docs/performance.md).
const NAIVE_OVER_SPARK: Readonly<Record<number, number>> = { 1_000: 18, 10_000: 2.9, 300_000: 1.3 }

const EMPTY_BATCHES = 600

/** Prints milliseconds on processors per batch and records per second, beside the naive loop over the same records. */
export async function batches(): Promise<void> {
  const rows: string[][] = []
  for (const [name, job, size, rounds, vocabulary] of [
    ['word count', wordCount, 1_000, 60, 500],
    ['word count', wordCount, 10_000, 20, 500],
    ['word count', wordCount, 1_000, 60, 5_000],
    ['word count', wordCount, 10_000, 20, 5_000],
    ['word count', wordCount, 100_000, 5, 5_000],
    ['word count', wordCount, 300_000, 3, 5_000],
    ['inverse window', windowed, 1_000, 60, 5_000],
    ['inverse window', windowed, 10_000, 20, 5_000],
    ['inverse window', windowed, 100_000, 5, 5_000],
  ] as const) {
    rows.push(await row(`${name}, ${vocabulary} words`, job, { size, rounds, vocabulary }))
  }
  console.log('A batch in memory, from the records to the files, one shard, one process: CPU time')
  console.log(table(['', 'records', 'batch', 'records per CPU second', 'naive loop', 'batch/naive', 'times Spark'], rows))
  const [memory, embedded] = [await emptyBatch(memoryWorld(idle)), await embeddedBatch()]
  console.log(`an empty batch (a count that is due in every batch): ${memory.toFixed(2)} ms in memory, ${embedded.toFixed(2)} ms over embedded mode's stores`)
}

interface BatchSize {
  readonly size: number
  readonly rounds: number
  readonly vocabulary: number
}

async function row(name: string, job: Job, { size, rounds, vocabulary }: BatchSize): Promise<string[]> {
  const lines = logLines(size, 9, vocabulary)
  const event = kinesisEvent(lines, 1_764_000_000)
  const world = memoryWorld(job)
  const warmup = Math.max(2, Math.ceil(40_000 / size))
  let [ours, naive] = [0, 0]
  for (let i = -warmup; i < rounds; i++) {
    const records = world.records(lines)
    const batchMs = await cpuMs(() => world.batch(records))
    const naiveMs = await cpuMs(() => keep(naiveWordCount(event)))
    if (i < 0) continue
    ours += batchMs
    naive += naiveMs
  }
  if (job === wordCount) {
    const counts = new Map(
      (await world.lastFile('counts'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as [string, number]),
    )
    assert.deepEqual(counts, naiveWordCount(event), `${name} of ${size} records disagrees with the loop`)
  }
  assert.ok((await world.files()) >= rounds, `${name} of ${size} records: a batch wrote nothing`)
  const [batch, loop] = [ours / rounds, naive / rounds]
  const spark = job === wordCount ? NAIVE_OVER_SPARK[size] : undefined
  return [
    name,
    String(size),
    `${batch.toFixed(1)} ms`,
    `${((size / batch) * 1_000).toExponential(2)}`,
    `${loop.toFixed(1)} ms`,
    (batch / loop).toFixed(2),
    spark === undefined ? '' : (spark / (batch / loop)).toFixed(1),
  ]
}

/** The same over SQLite and a folder, as embedded mode has them. */
async function embeddedBatch(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const db = openDatabase(join(folder, 'state.sqlite'))
  try {
    return await emptyBatch(memoryWorld(idle, { log: new SqliteLog(db), progress: new SqliteProgress(db), objects: new FolderObjects(join(folder, 'out')) }))
  } finally {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function emptyBatch(world: MemoryWorld): Promise<number> {
  await world.batch(world.records(logLines(100, 3)))
  for (let i = 0; i < 200; i++) await world.batch([])
  const ms = await cpuMs(async () => {
    for (let i = 0; i < EMPTY_BATCHES; i++) await world.batch([])
  })
  assert.ok((await world.files()) > EMPTY_BATCHES, 'the empty batches wrote nothing')
  return ms / EMPTY_BATCHES
}
