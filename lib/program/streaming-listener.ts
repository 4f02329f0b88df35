import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Time } from '../values/time.ts'

/** What a batch took of one stream. */
export interface StreamInputInfo {
  readonly inputStreamId: string
  readonly numRecords: number
}

/** One output operation of a batch. */
export interface OutputOperationInfo {
  readonly batchTime: Time
  /** Its place among the program's output operations, from 0. */
  readonly id: number
  /** The operator's uid, as in `millrace skip` and on the page. */
  readonly name: string
  /** The method of the program: saveAsJsonFiles, foreachRDD. */
  readonly description: string
  /** Why it did not succeed: it was left out on command. null: it did. */
  readonly failureReason: string | null
}

/** A batch in the words of Spark's BatchInfo. Times are epoch ms and delays ms; null: not known yet, or there is no such time (`--speed max`). */
export interface BatchInfo {
  readonly batchTime: Time
  /** By the stream's name. */
  readonly streamIdToInputInfo: Readonly<Record<string, StreamInputInfo>>
  /** The batch time, on the clock of the times below. */
  readonly submissionTime: number | null
  /** When the batch was allocated. */
  readonly processingStartTime: number | null
  /** When its last task ended. */
  readonly processingEndTime: number | null
  readonly outputOperationInfos: readonly OutputOperationInfo[]
  readonly schedulingDelay: number | null
  readonly processingDelay: number | null
  readonly totalDelay: number | null
  readonly numRecords: number
}

export interface BatchEvent {
  readonly batchInfo: BatchInfo
}
export interface OutputOperationEvent {
  readonly outputOperationInfo: OutputOperationInfo
}

/** Hears of finished batches, with the events of Spark's StreamingListener. */
export interface StreamingListener {
  onBatchSubmitted?(event: BatchEvent): unknown
  onBatchStarted?(event: BatchEvent): unknown
  onOutputOperationStarted?(event: OutputOperationEvent): unknown
  onOutputOperationCompleted?(event: OutputOperationEvent): unknown
  onBatchCompleted?(event: BatchEvent): unknown
}

const EVENTS = ['onBatchSubmitted', 'onBatchStarted', 'onOutputOperationStarted', 'onOutputOperationCompleted', 'onBatchCompleted'] as const
/** Of Spark's, what nothing here could call. */
const NONE: Readonly<Record<string, string>> = {
  onStreamingStarted: 'a job runs while it is deployed and has no start',
  onReceiverStarted: 'there are no receivers that start and stop',
  onReceiverError: 'there are no receivers; what cannot be decoded goes to the dead letters',
  onReceiverStopped: 'there are no receivers that start and stop',
}

/** Throws unless it hears something that is told. */
export function checkListener(listener: StreamingListener): void {
  const given = listener as unknown as Readonly<Record<string, unknown>> | null
  if (typeof given !== 'object' || given === null)
    throw new MillraceError('BAD_PROGRAM', `addStreamingListener got ${describeValue(listener)}; it takes an object with functions such as onBatchCompleted`)
  for (const [name, why] of Object.entries(NONE))
    if (given[name] !== undefined) throw new MillraceError('BAD_PROGRAM', `addStreamingListener: ${name} would never be called: ${why}; leave it out`)
  const heard = EVENTS.filter((name) => given[name] !== undefined)
  if (heard.length === 0)
    throw new MillraceError('BAD_PROGRAM', `addStreamingListener got an object that hears nothing; it takes one or more of ${EVENTS.join(', ')}`)
  const wrong = heard.find((name) => typeof given[name] !== 'function')
  if (wrong !== undefined) throw new MillraceError('BAD_PROGRAM', `addStreamingListener: ${wrong} is ${describeValue(given[wrong])}; it must be a function`)
}
