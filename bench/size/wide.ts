// Many partitions, many shards: how many requests a batch takes.
import assert from 'node:assert/strict'
import { defineJob, seconds, text, type Job } from 'millrace'
import { table } from '../table.ts'
import { keyOf } from './flat.ts'
import { noCounts, sizeWorld } from './size-world.ts'

/** Entries of a shard in a batch on a busy stream: the default window is a fifth of the interval. */
const ENTRIES = 5
const BATCHES = 4
const KEYS_PER_ENTRY = 40

const counts: Job = defineJob({ name: 'counts', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((key) => [key, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
})

/** Prints the requests of one batch of a word count, by shards and partitions. Receive and run are processes of their own, as on Lambda. */
export async function wide(): Promise<void> {
  const rows: string[][] = []
  for (const [shards, partitions] of [
    [1, 1],
    [10, 1],
    [300, 1],
    [1, 64],
    [10, 64],
    [300, 64],
  ] as const)
    rows.push(await row(shards, partitions))
  console.log(
    `Requests per batch of a count by key; ${ENTRIES} entries per shard and batch; a warm process for receive and one for run, and ticks for the same instant taken together`,
  )
  console.log(table(['shards x partitions', 'entries put', 'log reads', 'progress', 'DynamoDB requests', 'S3', 'messages'], rows))
}

async function row(shards: number, partitions: number): Promise<string[]> {
  const world = sizeWorld(counts, { numPartitions: partitions })
  const [receive, run] = [world.process(), world.process()]
  const step = world.intervalMs / ENTRIES
  for (let batch = 0; batch < BATCHES; batch++) {
    if (batch === 2) Object.assign(world.counts, noCounts())
    for (let entry = 0; entry < ENTRIES; entry++) {
      await world.deliver(
        receive,
        Array.from({ length: shards * KEYS_PER_ENTRY }, (_, i) => keyOf(i % 500)),
        shards,
      )
      await world.runFor(run, step)
    }
  }
  const c = world.counts
  const per = (n: number): string => (n / (BATCHES - 2)).toLocaleString('en')
  const all = (await world.lastRows('counts')) as [string, number][]
  const total = all.reduce((sum, [, n]) => sum + n, 0)
  assert.equal(total, shards * KEYS_PER_ENTRY * ENTRIES, `${shards} shards, ${partitions} partitions: the counts do not add up`)
  return [
    `${shards} x ${partitions}`,
    per(c.entryPuts),
    per(c.entryReads),
    per(c.progressRequests),
    per(c.entryPuts + c.entryReads + c.progressRequests),
    per(c.s3Requests),
    per(c.messages),
  ]
}
