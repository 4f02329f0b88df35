// Which vectors are about something that Millrace has not, and which of the others differ on purpose. The differences are explained in docs/semantics.md.

const ML = 'machine learning on streams comes later'
const SCALING = 'Lambda scales; there are no executors'
const RATE = 'Lambda and the event source mapping decide how much arrives; there is no rate limiter'
const LISTENER = 'there is no StreamingListener: each invocation logs one line of JSON'
const UI = 'there is no web page with formatted times'
const CHECKPOINT = 'there are no checkpoints: state, positions and pending batches are log entries'
const TRACKER = "the batch log allocates blocks; Spark's tracker and its write-ahead log do not exist"
const KCL = 'no KCL: the event source mapping reads the shards, the receiver log keeps the position'
const KEPT = 'no RDD is kept for later: windows keep panes, and there is no remember, slice or persist'
const STATE_MAP = "Spark's hash map of states; ours is state/, with its own tests"
const TIMER = 'there is no timer: ticks ask whether a batch is due'
const LIFE = 'a job is a value: it is not started or stopped by the program'

/** By id: why the vector does not apply. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'kmeans.doctest',
      'kmeans.dying',
      'kmeans.dying.derived',
      'kmeans.halfLifeBatches.derived',
      'kmeans.halfLifePoints.derived',
      'kmeans.predictOn',
      'kmeans.singleCenterWeights',
      'kmeans.trainThenPredict',
      'streamingLinear.accuracy',
      'streamingLinear.derived',
      'streamingLogistic.accuracy',
      'streamingLogistic.derived',
      'streamingTest.numeric.derived',
      'streamingTest.outcomes',
      'streamingTest.peace',
      'streamingTest.window',
    ].map((id) => [id, ML]),
  ),
  ...Object.fromEntries(['scaling.kill', 'scaling.ratio', 'scaling.request'].map((id) => [id, SCALING])),
  ...Object.fromEntries(
    [
      'pid.decreasing',
      'pid.derivative.derived',
      'pid.invalidParams',
      'pid.minRate',
      'pid.noDelay',
      'pid.noRecords',
      'pid.sameTime',
      'pid.second',
      'rateLimiter',
      'kinesis.rateSplit',
    ].map((id) => [id, RATE]),
  ),
  ...Object.fromEntries(
    [
      'listener.batchInfo',
      'listener.failures',
      'listener.outputOps',
      'listener.progress',
      'listener.retention',
      'batch.delays.derived',
      'inputInfoTracker',
    ].map((id) => [id, LISTENER]),
  ),
  ...Object.fromEntries(['ui.convertToTimeUnit', 'ui.formatBatchTime', 'ui.normalizeDuration', 'ui.shortTimeUnit', 'scope.names'].map((id) => [id, UI])),
  ...Object.fromEntries(
    [
      'checkpoint.defaultInterval.derived',
      'checkpoint.fileFilter',
      'checkpoint.fileOrder',
      'context.getOrCreate',
      'context.queueStreamCheckpoint',
      'context.statefulNeedsCheckpointDir',
      'mapWithState.checkpointDurations',
    ].map((id) => [id, CHECKPOINT]),
  ),
  ...Object.fromEntries(['blockTracker.allocation', 'blockTracker.walRecovery'].map((id) => [id, TRACKER])),
  ...Object.fromEntries(
    ['kinesis.builder.defaults', 'kinesis.builder.required', 'kinesis.checkpointer', 'kinesis.readConfig', 'kinesis.retry', 'kinesis.shutdown'].map((id) => [
      id,
      KCL,
    ]),
  ),
  ...Object.fromEntries(['slice', 'py.slice', 'remember.mapWindowWindow', 'remember.updateStateByKey', 'window.persistence'].map((id) => [id, KEPT])),
  ...Object.fromEntries(['stateMap.basic', 'stateMap.copy'].map((id) => [id, STATE_MAP])),
  ...Object.fromEntries(['recurringTimer.basic', 'recurringTimer.stopAfter'].map((id) => [id, TIMER])),
  'context.states': LIFE,
  'inputStream.ids': 'streams have names, not numbers',
}

/** By id: how Millrace differs. At most ten. */
export const DIFFERS: Readonly<Record<string, string>> = {
  'basic.union': 'order only: rows of branches of one stream stand in the order of its records, not branch after branch',
  'context.union': 'order only: rows of branches of one stream stand in the order of its records, not branch after branch',
  'basic.union.parentNone': 'a stream yields an RDD at each of its slides; there is no missing RDD to fail on',
  'context.transform.parentNone': 'a stream yields an RDD at each of its slides; there is no missing RDD to fail on',
  'timer.startTime.derived': 'batch times are multiples of the interval since the epoch also after a restart: no phase is kept',
}
