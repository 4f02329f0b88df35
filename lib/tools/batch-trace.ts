import { createHash } from 'node:crypto'
import type { BatchDetail } from './read-batch.ts'

/** OTLP's span, as its JSON has it: ids in hex, times in nanoseconds as text. */
interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status?: { readonly code: number; readonly message: string }
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string }
}

/** ExportTraceServiceRequest of OTLP/HTTP, as JSON. */
export interface Trace {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly Span[] }[]
  }[]
}

const INTERNAL = 1
const ERROR = 2

/**
 * Returns the trace of a batch: a span for all of it, below it one for its wait, one for each task and one for its end. Ids are hashes of job, batch and
 * name, so it is the same trace whoever computes it. What is not known has no span.
 */
export function batchTrace(job: string, { figures, tasks, attempt }: BatchDetail): Trace {
  const { batch, timeMs, dueMs, firstArrivalMs, allocatedMs, computedMs, finishedMs, records } = figures
  const traceId = hash([job, String(batch), attempt], 32)
  const idOf = (name: string): string => hash([job, String(batch), attempt, name], 16)
  const ends = tasks.flatMap(({ endMs }) => (endMs === null ? [] : [endMs]))
  const known = [firstArrivalMs, dueMs, allocatedMs, computedMs, finishedMs, ...ends].filter((ms) => ms !== null)
  const span = (name: string, fromMs: number, toMs: number, attributes: readonly Attribute[], failure?: string): Span => ({
    traceId,
    spanId: idOf(name),
    ...(name === 'batch' ? {} : { parentSpanId: idOf('batch') }),
    name,
    kind: INTERNAL,
    startTimeUnixNano: nanoseconds(fromMs),
    endTimeUnixNano: nanoseconds(Math.max(fromMs, toMs)),
    attributes,
    ...(failure === undefined ? {} : { status: { code: ERROR, message: failure } }),
  })
  const spans: Span[] = []
  if (known.length > 0) {
    const all = Object.values(records ?? {}).reduce((sum, n) => sum + n, 0)
    const about = [number('millrace.batch', batch), number('millrace.batch_time', timeMs), ...(records === null ? [] : [number('millrace.records', all)])]
    spans.push(span('batch', Math.min(...known), Math.max(...known), about, figures.failure?.message))
    const waitMs = firstArrivalMs ?? dueMs
    if (waitMs !== null && allocatedMs !== null) spans.push(span('wait', Math.min(waitMs, allocatedMs), allocatedMs, []))
    for (const { stage, partition, beginMs, endMs, rowsIn } of tasks) {
      if (beginMs === null || endMs === null) continue
      const of = [text('millrace.stage', stage), number('millrace.partition', partition), ...(rowsIn === null ? [] : [number('millrace.rows_in', rowsIn)])]
      spans.push(span(`task ${stage}/${partition}`, beginMs, endMs, of))
    }
    if (computedMs !== null && finishedMs !== null) spans.push(span('finish', Math.min(computedMs, finishedMs), finishedMs, []))
  }
  return { resourceSpans: [{ resource: { attributes: [text('service.name', job)] }, scopeSpans: [{ scope: { name: 'millrace' }, spans }] }] }
}

function hash(parts: readonly string[], digits: number): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits)
}

/** Beyond what a number holds exactly. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n)
}

function text(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } }
}

function number(key: string, value: number): Attribute {
  return { key, value: { intValue: String(value) } }
}
