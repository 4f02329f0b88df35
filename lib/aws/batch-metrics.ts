import type { RuntimeEvent } from '../runtime/runtime.ts'
import type { Metric } from './log-line.ts'
import { BATCH_METRICS, METRICS } from './metrics.ts'

/** Returns the metrics of what only the run function says: a batch is finished, or is not. */
export function batchMetrics(event: RuntimeEvent): readonly Metric[] {
  const number = (field: string): number => (typeof event[field] === 'number' ? event[field] : 0)
  if (event.event === 'unfinished') return [[METRICS.unfinishedBatchAge, 'Seconds', number('ageMs') / 1000]]
  if (event.event !== 'batch') return []
  return [
    [METRICS.batchDelay, 'Milliseconds', number('delayMs')],
    [BATCH_METRICS.schedulingDelay, 'Milliseconds', number('schedulingMs')],
    [BATCH_METRICS.processingTime, 'Milliseconds', number('processingMs')],
    ...(typeof event['records'] === 'number' ? [[BATCH_METRICS.batchRecords, 'Count', event['records']] as const] : []),
    [BATCH_METRICS.outputRows, 'Count', number('outputRows')],
  ]
}
