import type { RuntimeEvent } from '../runtime/runtime.ts'
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from './metrics.ts'

export type Metric = readonly [name: string, unit: 'Count' | 'Milliseconds' | 'Seconds', value: number]

/** Returns an event of the engine as one line of JSON. `more`: metrics of events that only one of the functions has. What alarms look at is in it in CloudWatch's embedded metric format. */
export function logLine(job: string, event: RuntimeEvent, nowMs: number, more: (event: RuntimeEvent) => readonly Metric[] = () => []): string {
  const metrics = [...metricsOf(event), ...more(event)]
  const line = { ...event, job }
  if (metrics.length === 0) return JSON.stringify(line)
  const Metrics = metrics.map(([Name, Unit]) => ({ Name, Unit }))
  return JSON.stringify({
    ...line,
    [METRIC_DIMENSION]: job,
    ...Object.fromEntries(metrics.map(([name, , value]) => [name, value])),
    _aws: { Timestamp: nowMs, CloudWatchMetrics: [{ Namespace: METRIC_NAMESPACE, Dimensions: [[METRIC_DIMENSION]], Metrics }] },
  })
}

function metricsOf(event: RuntimeEvent): readonly Metric[] {
  const number = (field: string): number => (typeof event[field] === 'number' ? event[field] : 0)
  const count = (name: string, field: string): readonly Metric[] => (number(field) > 0 ? [[name, 'Count', number(field)]] : [])
  if (event.event !== 'invocation') return []
  return [
    ...count(METRICS.records, 'records'),
    ...count(METRICS.duplicates, 'duplicates'),
    ...count(METRICS.deadLetters, 'deadLetters'),
    ...count(METRICS.taskFailures, 'failures'),
  ]
}
