import type { Columns } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Time } from '../values/time.ts'

/**
 * Where a stream's committed rows go: a database, a queue, a service. Here Spark has foreachRDD and foreachPartition. A value that runs anywhere: what does its work (clients, connections) is
 * loaded by `open`.
 */
export interface Sink<T> {
  /** Stands in logs, on the page and, with the job's name, in what the sink stores: the table's, topic's or view's unless given. Unique in a job. */
  readonly name: string
  /** Whether a batch that is written again, or late, changes nothing. */
  readonly guarantee: 'exactly-once' | 'at-least-once'
  /** What it overwrites by key, as messages name it: `table totals`. Its stream must be of pairs; all of a key come to one partition, and no other output of the job may overwrite the same. */
  readonly upserts?: string
  /** What the run function may do for it; the construct grants that and nothing more. */
  readonly rights?: readonly SinkRight[]
  /** Once per process, before its first write; again where it failed: clients, connections, tables. */
  open?(): Promise<void>
  /** Called for each row before its batch is committed, synchronously. A row for which it throws goes to the dead letters. */
  check?(row: T): void
  /** Makes the effect of this batch and partition. It is called at least once, after the commit, with the same rows each time. Where it throws it is called again, and the stream waits. */
  write(rows: readonly T[], batch: SinkBatch): Promise<void>
}

/** Actions of IAM on one resource. */
export interface SinkRight {
  readonly actions: readonly string[]
  /** An ARN; or service and resource in the stack's own account and region, as an ARN ends: `dynamodb:table/totals`. */
  readonly resource: string
}

/** A sink of declared columns, which are compared with the stream's rows. */
export interface ColumnSink<C extends Columns = Columns> extends Sink<unknown> {
  readonly columns: C
}

/** What a sink is told of the rows that it writes. */
export interface SinkBatch {
  readonly job: string
  /** Time and id of the job's first batch: of a job begun anew it is another, and a greater text. '' in a batch from before there were any. */
  readonly run: string
  /** Batch time. */
  readonly time: Time
  readonly partition: number
  /** Into how many the batch is divided; another number in a later batch divides the rows anew. */
  readonly partitions: number
  /** Of run, job, output, time and partition, 32 hex digits: the same for every attempt, another for any other. */
  readonly id: string
  /** Aborted when the attempt should end. */
  readonly signal: AbortSignal
  /** Notes a row that the target will never take and that is left out: it is logged and counted. */
  refuse(row: unknown, error: unknown): void
}

/** It is part of an operator's uid, `saveTo.<name>`. */
const NAME = /^[\w.-]{1,56}$/

/** Throws unless it is a sink. */
export function checkSink(sink: unknown): void {
  const { name, guarantee, write, open, check, upserts, rights } = (sink ?? {}) as Partial<Readonly<Record<keyof Sink<never>, unknown>>>
  const optional =
    [open, check].every((f) => f === undefined || typeof f === 'function') &&
    (upserts === undefined || typeof upserts === 'string') &&
    (rights === undefined || Array.isArray(rights))
  if (typeof write !== 'function' || (guarantee !== 'exactly-once' && guarantee !== 'at-least-once') || !optional)
    throw new MillraceError(
      'BAD_PROGRAM',
      `saveTo got ${describeValue(sink)}; it takes a sink such as postgres({ ... }), or { name, guarantee: 'exactly-once' | 'at-least-once', write(rows, batch) } of your own`,
    )
  if (typeof name !== 'string' || !NAME.test(name))
    throw new MillraceError(
      'BAD_PROGRAM',
      `saveTo got a sink whose name is ${describeValue(name)}; a name is 1 to 56 letters, digits, '_', '-' or '.', for example 'totals': give it one with \`name\``,
    )
}
