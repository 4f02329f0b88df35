// Nexmark's queries end to end in memory. Every result is compared with a plain fold before a figure is printed.
import assert from 'node:assert/strict'
import { cpuMs } from './measure.ts'
import { memoryWorld, START_MS } from './memory-world.ts'
import { expected } from './nexmark/expected.ts'
import { EVENTS_PER_SECOND, generate, type NexmarkEvent } from './nexmark/generate.ts'
import { BATCH_SECONDS, queries, type Query } from './nexmark/queries.ts'
import { table } from './table.ts'

/** The first window of 10 s is for the compiler. */
const WARM_BATCHES = 5
const BATCHES = 15
const EVENTS_PER_BATCH = EVENTS_PER_SECOND * BATCH_SECONDS

/** Prints thousands of events per second and core, beside Flink's published figures. */
export async function nexmark(): Promise<void> {
  const events = generate(BATCHES * EVENTS_PER_BATCH, { seed: 42, startMs: START_MS })
  const batches = Array.from({ length: BATCHES }, (_, i) => events.slice(i * EVENTS_PER_BATCH, (i + 1) * EVENTS_PER_BATCH))
  const lines = batches.map((batch) => batch.map((event) => JSON.stringify(event)))
  const rows: string[][] = []
  for (const query of queries) rows.push(await row(query, batches, lines))
  console.log(`Nexmark, ${EVENTS_PER_BATCH} events a batch of ${BATCH_SECONDS} s, from base64 to files`)
  console.log(table(['', '', 'events per CPU second', 'Flink 1.13, published'], rows))
  console.log('Flink: per core, on other machines, into a sink that drops everything (README of nexmark/nexmark). An indication, not a comparison')
}

async function row(
  { name, what, job, flinkKps }: Query,
  batches: readonly (readonly NexmarkEvent[])[],
  lines: readonly (readonly string[])[],
): Promise<string[]> {
  const world = memoryWorld(job)
  let total = 0
  for (const [i, batch] of lines.entries()) {
    const records = world.records(batch)
    const ms = await cpuMs(() => world.batch(records))
    if (i >= WARM_BATCHES) total += ms
  }
  // A batch waits for its records, so the last ones are computed when time goes on.
  for (let i = 0; i < 2; i++) total += await cpuMs(() => world.batch([]))
  const due = expected(name, batches)
  for (const [i, wanted = []] of due.entries()) {
    const time = START_MS + (i + 1) * BATCH_SECONDS * 1_000
    const text = await world.file(`result-${time}/part-00000`)
    const actual = (text ?? '').split('\n').slice(0, -1).sort()
    const lines = wanted.map((value) => JSON.stringify(value)).sort()
    assert.equal(actual.length, lines.length, `${name}: rows of batch ${i}`)
    // One by one: the difference of two lists of 20,000 is no message.
    for (const [j, line] of lines.entries()) assert.equal(actual[j], line, `${name}: batch ${i} disagrees with the fold`)
  }
  assert.ok(
    due.some((wanted) => wanted !== undefined && wanted.length > 0),
    `${name}: no result to compare`,
  )
  const kps = ((BATCHES - WARM_BATCHES) * EVENTS_PER_BATCH) / total
  return [name, what, `${kps.toFixed(0)} K`, `${flinkKps} K`]
}
