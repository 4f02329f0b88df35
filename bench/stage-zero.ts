// Stage 0 as it is shipped, beside hand-written loops over the same event. Results are compared before anything is measured.
import assert from 'node:assert/strict'
import type { KinesisStreamEvent } from 'aws-lambda'
import type { Job } from 'millrace'
import { bestGrep, naiveGrep } from './hand/grep.ts'
import { bestJsonCount, naiveJsonCount } from './hand/json-count.ts'
import { bestWordCount, naiveWordCount } from './hand/word-count.ts'
import { grep, jsonCount, others, wordCount } from './jobs.ts'
import { kinesisEvent, kinesisEventJson } from './kinesis-event.ts'
import { jsonLines, logLines } from './lines.ts'
import { keep, measure } from './measure.ts'
import { freshHandler } from './fresh-handler.ts'
import { receiveChain, rowsOf } from './receive-chain.ts'
import { table } from './table.ts'

const RECORDS = 9_000
const EVENT_SECONDS = 1_764_000_000
const ROUNDS = { rounds: 60, warmup: 30 }

interface Workload {
  readonly name: string
  readonly job: Job
  readonly lines: readonly string[]
  readonly naive: (event: KinesisStreamEvent) => readonly string[] | ReadonlyMap<string, number>
  readonly best: (event: KinesisStreamEvent) => readonly string[] | ReadonlyMap<string, number>
}

const workloads: readonly Workload[] = [
  { name: 'grep', job: grep, lines: logLines(RECORDS, 1), naive: naiveGrep, best: bestGrep },
  { name: 'WordCount', job: wordCount, lines: logLines(RECORDS, 2), naive: naiveWordCount, best: bestWordCount },
  { name: 'JSON filter + count', job: jsonCount, lines: jsonLines(RECORDS, 3), naive: naiveJsonCount, best: bestJsonCount },
]

/** Prints ratios to the naive loop, and what the whole invocation would take with Lambda's own JSON.parse. */
export async function stageZero(): Promise<void> {
  pollute()
  const rows: string[][] = []
  for (const workload of workloads) rows.push(await row(workload))
  console.log(`Stage 0 over one event of ${RECORDS} records, other programs run through the same operators first`)
  console.log(table(['', 'naive loop', 'best/naive', 'chain/naive', 'chain/best', 'blocks/naive', 'handler/naive', 'JSON.parse', 'handler of both'], rows))
  console.log('chain: decoded and combined. blocks: encoded, too. handler: the whole receive function over a log in memory, its entry compressed and put')
}

async function row(workload: Workload): Promise<string[]> {
  const event = kinesisEvent(workload.lines, EVENT_SECONDS)
  const text = kinesisEventJson(workload.lines, EVENT_SECONDS)
  const chain = receiveChain(workload.job)
  const handler = freshHandler(workload.job)
  compare(workload, event, rowsOf(chain.run(event)))
  const ms = await measure<unknown>(
    [
      { name: 'naive', run: () => workload.naive(event) },
      { name: 'best', run: () => workload.best(event) },
      { name: 'chain', run: () => chain.push(event) },
      { name: 'blocks', run: () => chain.run(event) },
      { name: 'handler', run: () => handler(event) },
      { name: 'parse', run: () => JSON.parse(text) as unknown },
    ],
    ROUNDS,
  )
  const of = (name: string): number => ms.get(name) ?? Number.NaN
  const ratio = (a: string, b: string): string => (of(a) / of(b)).toFixed(2)
  return [
    workload.name,
    `${(RECORDS / of('naive') / 1_000).toFixed(2)} M/s`,
    ratio('best', 'naive'),
    ratio('chain', 'naive'),
    ratio('chain', 'best'),
    ratio('blocks', 'naive'),
    ratio('handler', 'naive'),
    `${of('parse').toFixed(1)} ms`,
    `${Math.round((100 * of('handler')) / (of('handler') + of('parse')))} %`,
  ]
}

function pollute(): void {
  const event = kinesisEvent([...logLines(3_000, 4), ...jsonLines(3_000, 5)], EVENT_SECONDS)
  const chains = [...others, ...workloads.map(({ job }) => job)].map(receiveChain)
  for (let round = 0; round < 10; round++) for (const chain of chains) keep(chain.run(event))
}

function compare(workload: Workload, event: KinesisStreamEvent, rows: readonly unknown[]): void {
  const naive = workload.naive(event)
  assert.deepEqual(workload.best(event), naive, `${workload.name}: the loops disagree`)
  const expected = naive instanceof Map ? naive : new Map((naive as readonly string[]).map((line, i) => [String(i), line]))
  const actual =
    naive instanceof Map ? new Map(rows as readonly (readonly [string, number])[]) : new Map((rows as readonly string[]).map((line, i) => [String(i), line]))
  assert.equal(rows.length, expected.size, `${workload.name}: the chain's rows`)
  assert.deepEqual(actual, expected, `${workload.name}: the chain disagrees with the loops`)
}
