// Which vectors are about something that Millrace has not, and which of the others differ on purpose. The differences are explained in docs/semantics.md.
import type { Step, Vector } from './vector.ts'

const SCALING = 'Lambda scales; there are no executors'
const RATE = 'there is no rate estimator: what a batch does not take waits in the log; maxRatePerPartition is a fixed bound'
const LISTENER = 'there is no StreamingListener: each invocation logs one line of JSON'
const UI = 'there is no web page with formatted times'
const CHECKPOINT = 'there are no checkpoints: state, positions and pending batches are log entries'
const TRACKER = "the batch log allocates blocks; Spark's tracker and its write-ahead log do not exist"
const KCL = 'no KCL: the event source mapping reads the shards, the receiver log keeps the position'
const KEPT = 'no RDD is kept for later: windows keep panes, and there is no remember, slice or persist'
const STATE_MAP = "Spark's hash map of states; ours is lib/state, with its own tests"
const TIMER = 'there is no timer: ticks ask whether a batch is due'

const KINDS: Readonly<Record<string, string>> = { slice: KEPT, remember: KEPT }

/** By operation. */
const OPERATIONS: Readonly<Record<string, string>> = {
  killExecutor: SCALING,
  'scale on avg processing time / batch interval': SCALING,
  requestExecutors: SCALING,
  'PIDRateEstimator.compute': RATE,
  'PIDRateEstimator constructor': RATE,
  'RateLimiter.updateRate': RATE,
  'KinesisRecordProcessor.processRecords': RATE,
  'StreamingListener batch events': LISTENER,
  'failure reasons by output op': LISTENER,
  'output operation ids': LISTENER,
  'progress listener counters': LISTENER,
  'retained batches': LISTENER,
  'batch delays': LISTENER,
  InputInfoTracker: LISTENER,
  convertToTimeUnit: UI,
  formatBatchTime: UI,
  normalizeDuration: UI,
  shortTimeUnitString: UI,
  'operation scope naming': UI,
  'default checkpoint interval of updateStateByKey / inverse window streams': CHECKPOINT,
  'checkpoint file listing': CHECKPOINT,
  'checkpoint file naming': CHECKPOINT,
  'StreamingContext.getOrCreate': CHECKPOINT,
  'recover queueStream from checkpoint': CHECKPOINT,
  'start updateStateByKey without checkpoint dir': CHECKPOINT,
  'mapWithState checkpoint interval': CHECKPOINT,
  ReceivedBlockTracker: TRACKER,
  'ReceivedBlockTracker WAL': TRACKER,
  'KinesisInputDStream.builder': KCL,
  KinesisCheckpointer: KCL,
  'kinesis retry config': KCL,
  'retryRandom(expr, numRetriesLeft = 2, maxBackOff = 100ms)': KCL,
  'shard shutdown': KCL,
  'persist on windowed stream': KEPT,
  'state map': STATE_MAP,
  'state map copy-on-write': STATE_MAP,
  RecurringTimer: TIMER,
  'StreamingContext life cycle': 'a job is a value: it is not started or stopped by the program',
  'input stream ids': 'streams have names, not numbers',
}

/** Returns why a vector does not apply; undefined when it does. */
export function notApplicable({ kind, operation }: Vector): string | undefined {
  return KINDS[kind] ?? OPERATIONS[operation]
}

/** A difference that is meant. `orderOnly`: the rows must be the same. */
export interface Difference {
  readonly why: string
  readonly orderOnly: boolean
}

const UNIONS = new Set(['union', 'contextUnion'])

/** Returns how Millrace differs where this vector looks; undefined where it must not. */
export function differenceOf({ pipeline, input, expected, compare, operation }: Vector): Difference | undefined {
  if (JSON.stringify(input).includes('null') && typeof expected === 'object' && expected !== null && 'error' in expected)
    return { why: 'a stream yields an RDD at each of its slides; there is no missing RDD to fail on', orderOnly: false }
  if (compare === 'list' && (pipeline ?? []).some(unitesBranches))
    return { why: 'order only: rows of branches of one stream stand in the order of its records, not branch after branch', orderOnly: true }
  if (operation === 'first batch time / restart batch time')
    return { why: 'batch times are multiples of the interval since the epoch also after a restart: no phase is kept', orderOnly: false }
  return undefined
}

function unitesBranches(step: Step): boolean {
  return UNIONS.has(step.op)
}
