import type { KinesisStreamEvent } from 'aws-lambda'
import type { Job } from 'millrace'
import { decodeRows } from '../lib/codec/rows.ts'
import type { BlockDraft, LoadedTables, RawRecord, ReceiveRun } from '../lib/plan/compute.ts'
import { openReceive } from '../lib/plan/open-receive.ts'
import { planJob } from '../lib/plan/plan-job.ts'
import type { Plan } from '../lib/plan/plan.ts'

const NO_TABLES: LoadedTables = { get: () => undefined }

/** Returns a function that runs the shipped stage 0 over an event, all of it in one batch interval, and hands over its blocks, encoded. */
export function receiveChain(job: Job): { run(event: KinesisStreamEvent): readonly BlockDraft[]; push(event: KinesisStreamEvent): object } {
  const plan: Plan = planJob(job)
  const attempt = (event: KinesisStreamEvent, optimistic: boolean): ReceiveRun => {
    const receive = openReceive(plan, 'lines', 'shardId-000000000000', { tables: NO_TABLES, optimistic })
    const records = event.Records
    for (let i = 0; i < records.length; i++) {
      const { kinesis } = records[i]!
      const record: RawRecord = {
        sequenceNumber: kinesis.sequenceNumber,
        index: 0,
        data: kinesis.data,
        partitionKey: kinesis.partitionKey,
        arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1_000),
      }
      receive.push(record, 5_000)
    }
    return receive
  }
  // As lib/runtime/receive/receive.ts has it; what runs first, to mix the compiler up, has bad records in it.
  const push = (event: KinesisStreamEvent): ReceiveRun => {
    try {
      return attempt(event, true)
    } catch {
      return attempt(event, false)
    }
  }
  return { push, run: (event) => push(event).finish().blocks }
}

/** Returns the rows of blocks. */
export function rowsOf(blocks: readonly BlockDraft[]): readonly unknown[] {
  return blocks.flatMap((block) => [...decodeRows(block.data)])
}
