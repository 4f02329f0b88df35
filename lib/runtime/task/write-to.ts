import { createHash } from 'node:crypto'
import type { Sink } from '../../dstream/sink.ts'
import { describeError } from '../../values/describe-error.ts'
import { time } from '../../values/time.ts'
import type { Batch } from '../entries/batch.ts'
import { count, type Invocation } from '../invocation.ts'

/** What an invocation keeps for noting that an attempt failed, ms. */
const REPORT_RESERVE_MS = 3_000
/** A timer's longest. */
const MAX_TIMER_MS = 2 ** 31 - 1
/** Of a refused row, as it is logged. */
const MAX_MESSAGE = 500

/** What this process has opened. */
const opened = new WeakMap<Sink<unknown>, Promise<void>>()

interface Write {
  readonly run: Invocation
  readonly batch: Batch
  readonly stage: string
  readonly partition: number
  readonly operator: string
  /** Job, output, time and partition. */
  readonly id: string
}

/** Hands the committed rows of a batch and partition to a sink. */
export async function writeTo(sink: Sink<unknown>, rows: readonly unknown[], { run, batch, stage, partition, operator, id }: Write): Promise<void> {
  await open(sink)
  const { entry } = batch
  const jobRun = entry.run ?? ''
  await sink.write(rows, {
    job: run.plan.name,
    run: jobRun,
    time: time(entry.time),
    partition,
    // The batch's, never the running program's: a sibling of this task may have been written by another deploy.
    partitions: entry.tasks.find(([uid]) => uid === stage)?.[1] ?? 1,
    id: createHash('sha256').update(`${jobRun}\n${id}`).digest('hex').slice(0, 32),
    signal: AbortSignal.timeout(Math.min(MAX_TIMER_MS, Math.max(1, Math.floor(run.deadline.remainingMs() - REPORT_RESERVE_MS)))),
    refuse: (_row, error) => {
      count(run, 'refusedRows')
      run.observe({ event: 'refusedRow', batch: batch.number, stage, partition, operator, error: describeError(error).message.slice(0, MAX_MESSAGE) })
    },
  })
}

function open(sink: Sink<unknown>): Promise<void> {
  let opening = opened.get(sink)
  if (opening === undefined) {
    opening = Promise.resolve(sink.open?.())
    opened.set(sink, opening)
    opening.catch(() => opened.delete(sink))
  }
  return opening
}
