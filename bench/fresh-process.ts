// What a cold process takes: node bench/fresh-process.ts JOB runs once and prints JSON; freshProcess() starts several and prints medians.
import { execFileSync } from 'node:child_process'
import { kinesisEvent } from './kinesis-event.ts'
import { jsonLines, logLines } from './lines.ts'
import { median } from './measure.ts'
import { table } from './table.ts'

const RECORDS = 9_000
const PROCESSES = 7
const WARM = 30
const JOBS = ['grep', 'wordCount', 'jsonCount'] as const

interface Times {
  readonly importMs: number
  readonly firstMs: number
  readonly warmMs: number
}

/** Prints how long the first event takes in a process that has never run the chain, and later ones. */
export function freshProcess(): void {
  const rows = JOBS.map((job) => {
    const runs = Array.from(
      { length: PROCESSES },
      (): Times => JSON.parse(execFileSync(process.execPath, ['--conditions=millrace-source', import.meta.filename, job], { encoding: 'utf8' })) as Times,
    )
    const of = (pick: (times: Times) => number): number => median(runs.map(pick))
    const [first, warm] = [of((t) => t.firstMs), of((t) => t.warmMs)]
    return [job, `${of((t) => t.importMs).toFixed(0)} ms`, `${first.toFixed(1)} ms`, `${warm.toFixed(1)} ms`, (first / warm).toFixed(1)]
  })
  console.log(`The first event of ${RECORDS} records in a fresh process (medians of ${PROCESSES}; imports are of sources, not of a bundle)`)
  console.log(table(['', 'import', 'first', 'warm', 'first/warm'], rows))
}

async function child(job: string): Promise<void> {
  const started = process.hrtime.bigint()
  const [{ receiveChain }, jobs] = [await import('./receive-chain.ts'), await import('./jobs.ts')]
  const importMs = since(started)
  const chosen = JOBS.find((name) => name === job) ?? 'grep'
  const event = kinesisEvent(chosen === 'jsonCount' ? jsonLines(RECORDS, 3) : logLines(RECORDS, 2), 1_764_000_000)
  const chain = receiveChain(jobs[chosen])
  const times: number[] = []
  for (let i = 0; i <= WARM; i++) {
    const from = process.hrtime.bigint()
    chain.run(event)
    times.push(since(from))
  }
  const result: Times = { importMs, firstMs: times[0] ?? Number.NaN, warmMs: median(times.slice(-10)) }
  console.log(JSON.stringify(result))
}

function since(from: bigint): number {
  return Number(process.hrtime.bigint() - from) / 1e6
}

if (process.argv[1] === import.meta.filename) await child(process.argv[2] ?? '')
