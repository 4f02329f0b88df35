import type { FileFormat } from '../formats/file-format.ts'
import type { Layout, PartitionBy, PartitionValue } from '../output/table-names.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { checkFunction } from './check-function.ts'
import { uidOf } from './check-options.ts'
import type { Named, WholeBatch } from './keyed-options.ts'
import type { Distribution, Node, OutputNode } from './node.ts'
import { checkSink, type Sink } from './sink.ts'

const PREFIX = /^[^/\\]+(\/[^/\\]+)*$/
const MAX_PREFIX = 256

export interface SaveAsFilesOptions<T> {
  /** One folder for all batches, with directories by the batch time in UTC, `dt=2026-11-27/hour=05`: what Athena, Spark and DuckDB take for a table. @default a folder for each batch, as Spark Streaming does */
  readonly layout?: Layout
  /** A directory per value, behind dt and hour: `(row) => ({ country: row.country })`. At most 100 per task and batch. */
  readonly partitionBy?: (row: T) => Readonly<Record<string, PartitionValue>>
}

interface Files {
  readonly operator: string
  readonly prefix: string
  readonly format: FileFormat
  /** Of Spark's directory. */
  readonly suffix?: string
  readonly options?: SaveAsFilesOptions<never>
}

/** Returns a node that writes the rows of each batch to files. */
export function saveAsFilesNode(parent: Node, { operator, prefix, format, suffix, options = {} }: Files): OutputNode {
  // What is wrong with a program shows when it is planned, at the latest by synth: receive need not look again.
  if (!import.meta.inReceive) checkFiles({ operator, prefix, format, ...(suffix === undefined ? {} : { suffix }), options })
  const ending = suffix ?? (format.bare === true ? '' : format.suffix)
  const { layout } = options
  const partitionBy = options.partitionBy as PartitionBy | undefined
  const table = layout !== undefined || partitionBy !== undefined
  return output(
    parent,
    operator,
    undefined,
    { kind: 'none' },
    { kind: 'files', prefix, suffix: ending, format, layout, partitionBy },
    // What was there before formats stays as it was, and so does the fingerprint of programs that use it.
    { prefix, suffix: ending, ...(operator === 'saveAsFiles' ? { format: format.name, ...format.params, layout: layout ?? null, table } : {}) },
  )
}

function checkFiles({ operator, prefix, format, suffix, options = {} }: Files): void {
  checkPrefix(operator, prefix)
  if (typeof format?.prepare !== 'function' || typeof format.write !== 'function')
    throw new MillraceError(
      'BAD_PROGRAM',
      `${operator} got ${describeValue(format)} as its format; it takes one such as jsonLinesFile() or csvFile({ columns })`,
    )
  const ending = suffix ?? (format.bare === true ? '' : format.suffix)
  if (typeof ending !== 'string' || /[/\\]/.test(ending))
    throw new MillraceError('BAD_PROGRAM', `${operator} got ${describeValue(suffix)} as its suffix; it must be a string without slashes, such as 'txt'`)
  const { layout } = options
  if (layout !== undefined && layout !== 'hour' && layout !== 'day')
    throw new MillraceError('BAD_PROGRAM', `${operator} got ${describeValue(layout)} as its layout; it is 'hour' or 'day', or left out for a folder per batch`)
  if (options.partitionBy !== undefined) checkFunction(options.partitionBy, `partitionBy of ${operator}`)
}

/** Throws unless it is a relative path of names: it becomes a folder or an object key. */
export function checkPrefix(operator: string, prefix: string): void {
  const bad =
    typeof prefix !== 'string' ||
    prefix.length > MAX_PREFIX ||
    !PREFIX.test(prefix) ||
    prefix.split('/').some((name) => name === '.' || name === '..') ||
    prefix.startsWith('_millrace')
  if (bad)
    throw new MillraceError(
      'BAD_PROGRAM',
      `${operator} got ${describeValue(prefix)} as its prefix; it must be a relative path of names, such as 'counts' or 'reports/counts', without '..', and not under _millrace`,
    )
}

/** Returns a node that shows the first rows of each batch. */
export function printNode(parent: Node, num = 10): OutputNode {
  if (!import.meta.inReceive && (!Number.isInteger(num) || num < 0))
    throw new MillraceError('BAD_PROGRAM', `print got ${describeValue(num)}; it takes how many rows to show, a whole number`)
  return output(parent, 'print', undefined, { kind: 'whole' }, { kind: 'print', num }, { num })
}

/** Returns a node that hands the committed rows of each batch to the user's function, which may be asynchronous. */
export function foreachRddNode(
  parent: Node,
  call: Extract<OutputNode['output'], { readonly kind: 'foreach' }>['call'],
  options?: WholeBatch & Named,
): OutputNode {
  if (!import.meta.inReceive && typeof call !== 'function') throw new MillraceError('BAD_PROGRAM', `foreachRDD got ${describeValue(call)}; it takes a function`)
  const distribution: Distribution = options?.perPartition === true ? { kind: 'none' } : { kind: 'whole' }
  return output(parent, 'foreachRDD', uidOf(options, 'foreachRDD'), distribution, { kind: 'foreach', call }, { perPartition: options?.perPartition === true })
}

/** Returns a node that hands the committed rows of each batch, partition by partition, to a sink. */
export function saveToNode(parent: Node, sink: Sink<unknown>, options?: Named): OutputNode {
  if (!import.meta.inReceive) checkSink(sink)
  return output(
    parent,
    'saveTo',
    // Never a derived one: what is committed for a sink must not come to another that has taken its place in the program.
    uidOf(options, 'saveTo') ?? `saveTo.${sink.name}`,
    sink.upserts === undefined ? { kind: 'none' } : { kind: 'key', numPartitions: undefined },
    { kind: 'sink', sink },
    { sink: sink.name, guarantee: sink.guarantee, upserts: sink.upserts ?? null },
  )
}

function output(
  parent: Node,
  kind: string,
  uid: string | undefined,
  distribution: Distribution,
  where: OutputNode['output'],
  params: OutputNode['params'],
): OutputNode {
  return Object.freeze<OutputNode>({ shape: 'output', kind, uid, parents: [parent], slideMs: parent.slideMs, params, distribution, output: where })
}
