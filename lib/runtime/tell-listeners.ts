import type { BatchInfo, OutputOperationInfo, StreamingListener } from '../program/streaming-listener.ts'
import type { Plan } from '../plan/plan.ts'
import { describeValue } from '../values/describe-value.ts'
import { time } from '../values/time.ts'
import type { BatchFigures } from './entries/figures.ts'
import type { ClosedBatch } from './runtime.ts'

/** What all listeners of a batch get together; then they are left behind, for the next batch waits. */
const LISTENERS_MS = 5_000

export interface TellOptions {
  /** Resolves after so long, or when it is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** A line of the log. */
  readonly warn: (message: string) => void
  /** When it was on the wall; undefined: the engine's clock is that. */
  readonly wallOf?: (batch: number) => Pick<BatchFigures, 'dueMs' | 'allocatedMs' | 'computedMs'> | undefined
}

/** Returns what tells a program's listeners of a batch that is about to be finished; undefined: it has none. It never throws. */
export function tellListeners({ listeners, stages, uids }: Plan, options: TellOptions): ((batch: ClosedBatch) => Promise<void>) | undefined {
  if (listeners.length === 0) return undefined
  const { sleep, warn, wallOf = () => undefined } = options
  const outputs = stages.flatMap((stage) => stage.outputs.map((node) => ({ name: uids.get(node) ?? node.kind, description: node.kind })))
  return async (batch) => {
    const done = infoOf(batch, outputs, wallOf(batch.batch))
    const submitted: BatchInfo = { ...done, processingStartTime: null, processingEndTime: null, schedulingDelay: null, processingDelay: null, totalDelay: null }
    const started: BatchInfo = { ...done, processingEndTime: null, processingDelay: null, totalDelay: null }
    const hear = async (listener: StreamingListener): Promise<void> => {
      const call = async (name: keyof StreamingListener, event: never): Promise<void> => {
        try {
          await listener[name]?.(event)
        } catch (error) {
          warn(`a streaming listener's ${name} failed in the batch of ${iso(batch)}: ${error instanceof Error ? error.message : describeValue(error)}`)
        }
      }
      await call('onBatchSubmitted', { batchInfo: submitted } as never)
      await call('onBatchStarted', { batchInfo: started } as never)
      for (const outputOperationInfo of done.outputOperationInfos) {
        await call('onOutputOperationStarted', { outputOperationInfo } as never)
        await call('onOutputOperationCompleted', { outputOperationInfo } as never)
      }
      await call('onBatchCompleted', { batchInfo: done } as never)
    }
    const late = new AbortController()
    const all = Promise.all(listeners.map(hear)).then(() => late.abort())
    await Promise.race([
      all,
      sleep(LISTENERS_MS, late.signal).then(() => {
        if (!late.signal.aborted) warn(`streaming listeners took longer than ${LISTENERS_MS / 1000} s in the batch of ${iso(batch)}: they were left behind`)
      }),
    ])
  }
}

function infoOf(
  { timeMs, allocatedMs, computedMs, records, skipped }: ClosedBatch,
  outputs: readonly { readonly name: string; readonly description: string }[],
  wall: Pick<BatchFigures, 'dueMs' | 'allocatedMs' | 'computedMs'> | undefined,
): BatchInfo {
  const batchTime = time(timeMs)
  const submissionTime = wall === undefined ? timeMs : wall.dueMs
  const processingStartTime = wall === undefined ? allocatedMs : wall.allocatedMs
  const processingEndTime = wall === undefined ? computedMs : wall.computedMs
  const between = (from: number | null, to: number | null): number | null => (from === null || to === null ? null : Math.max(0, to - from))
  const schedulingDelay = between(submissionTime, processingStartTime)
  const processingDelay = between(processingStartTime, processingEndTime)
  return {
    batchTime,
    streamIdToInputInfo: Object.fromEntries(Object.entries(records).map(([inputStreamId, numRecords]) => [inputStreamId, { inputStreamId, numRecords }])),
    submissionTime,
    processingStartTime,
    processingEndTime,
    outputOperationInfos: outputs.map(({ name, description }, id): OutputOperationInfo => {
      const failureReason = skipped.includes(name) ? 'it was left out on command (millrace skip)' : null
      return { batchTime, id, name, description, failureReason }
    }),
    schedulingDelay,
    processingDelay,
    totalDelay: schedulingDelay === null || processingDelay === null ? null : schedulingDelay + processingDelay,
    numRecords: Object.values(records).reduce((sum, n) => sum + n, 0),
  }
}

function iso({ timeMs }: ClosedBatch): string {
  return new Date(timeMs).toISOString()
}
