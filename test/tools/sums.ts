// A job whose logs the tools look at, written by the real engine over the in-memory ports.
import { defineJob, json, seconds, type Job } from '../../lib/index.ts'
import type { JobStatus, SourceStatus } from '../../lib/tools/job-status.ts'
import { readStatus } from '../../lib/tools/read-status.ts'
import { makeEngine, type Engine } from '../runtime/engine.ts'
import { deployed, STREAM_ARN, TICKS_ARN } from './deployed.ts'

/** Uids of the operators that fail. */
export const broken = new Set<string>()

/** Totals per key, over two partitions; one operator or the other can be made to fail. */
export const sums: Job = defineJob({ name: 'sums', batchInterval: seconds(10), numPartitions: 2 }, (ssc) => {
  const rows = ssc.kinesisStream('lines', json()).map((row) => {
    if (row === 'poison') throw new RangeError('poison')
    return row as [string, number]
  })
  const totals = rows
    .mapToPair((row) => row)
    .reduceByKey((a, b) => a + b)
    .mapWithState(
      (key, n, state: { getOption(): number | undefined; update(n: number): void }) => {
        const total = (state.getOption() ?? 0) + (n ?? 0)
        state.update(total)
        return { key, total }
      },
      { uid: 'totals' },
    )
  totals.saveAsJsonFiles('totals')
  totals.foreachRDD(
    () => {
      if (broken.has('effect')) throw new RangeError('the shop is closed')
    },
    { uid: 'effect', perPartition: true },
  )
  totals.foreachRDD(
    () => {
      if (broken.has('other')) throw new RangeError('the other shop is closed')
    },
    { uid: 'other', perPartition: true },
  )
})

export const SOURCES: readonly SourceStatus[] = [
  { uuid: 'u1', source: STREAM_ARN, state: 'Enabled', lastResult: 'OK', name: 'lines', kind: 'stream' },
  { uuid: 'u2', source: TICKS_ARN, state: 'Enabled', lastResult: '', name: 'ticks', kind: 'queue' },
]

export function statusOf(engine: Engine, { sources = SOURCES, deploys = { receive: 1, run: 1 } } = {}): Promise<JobStatus> {
  return readStatus({ job: deployed('sums', deploys), ports: engine.ports, sources, nowMs: engine.clock.now() })
}

/** An engine whose first batch (time 1,010,000) has three keys: e in partition 0, a and b in partition 1. */
export async function afterOneBatch(...rows: readonly string[]): Promise<Engine> {
  const engine = makeEngine(sums)
  const runtime = engine.process()
  await engine.deliver(runtime, ['["a",1]', '["b",2]', '["e",3]', ...rows])
  await engine.runTo(runtime, 1_015_000)
  return engine
}
