import { describeValue } from '../values/describe-value.ts'
import { Duration } from '../values/duration.ts'
import { checkPartitions } from '../dstream/check-options.ts'
import { positiveMs } from '../dstream/check-duration.ts'
import { GraphBuilder } from '../dstream/graph-builder.ts'
import { MillraceError } from '../values/errors.ts'
import { StreamingContext } from './streaming-context.ts'

export interface JobOptions {
  /** Names everything the job keeps and writes. 1 to 64 letters, digits, '-' and '_', the first a letter. */
  readonly name: string
  readonly batchInterval: Duration
  /** Of shuffles that do not say otherwise. @default 1 */
  readonly numPartitions?: number
  /** What becomes of a record on which a function throws. @default 'dead-letter' */
  readonly onError?: 'dead-letter' | 'fail'
  /**
   * Records per second that a batch takes from each input partition, on the average over its interval: in whole invocations' worth, at least one. The rest waits
   * in the log and comes in later batches, so windows then follow the batches, not the arrival times, as in Spark. @default no bound
   */
  readonly maxRatePerPartition?: number
}

/** A program as a value: nothing runs, nothing is read, until a runner (test, embedded, Lambda, CDK) plans it. */
export interface Job {
  readonly name: string
  readonly batchInterval: Duration
  /** Names of the streams it reads. */
  readonly streams: readonly string[]
}

/** Where a job keeps what its build function made: a registered symbol, so that a runner finds it in a job that another copy of the package made. */
export const BUILT: unique symbol = Symbol.for('millrace.job') as never

const NAME = /^[A-Za-z][\w-]{0,63}$/

/**
 * Returns a job: the default export of its file. `build` runs once, when the job is first looked at, and only says what is to be computed.
 * @example
 * export default defineJob({ name: 'word-count', batchInterval: seconds(5) }, (ssc) => {
 *   const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
 *   words.mapToPair((word) => [word, 1]).reduceByKey((a, b) => a + b).saveAsJsonFiles('counts')
 * })
 */
export function defineJob(options: JobOptions, build: (ssc: StreamingContext) => void): Job {
  const checked = checkOptions(options)
  if (typeof build !== 'function')
    throw new MillraceError(
      'BAD_PROGRAM',
      `job '${checked.name}' got ${describeValue(build)} as its program; defineJob takes the options and a function (ssc) => { ... }`,
    )
  let built: GraphBuilder | undefined
  const graph = (): GraphBuilder => (built ??= run(checked, build))
  return Object.freeze({
    name: checked.name,
    batchInterval: checked.batchInterval,
    get streams(): readonly string[] {
      return graph().inputs.map((input) => input.stream)
    },
    [BUILT]: () => ({ options: checked, builder: graph() }),
  })
}

function run(options: JobOptions, build: (ssc: StreamingContext) => void): GraphBuilder {
  const builder = new GraphBuilder(options.name, options.batchInterval.milliseconds)
  const result: unknown = build(new StreamingContext(builder, options.batchInterval))
  builder.seal()
  if (result instanceof Promise) {
    result.catch(() => {}) // What it throws later is not what the user has to hear.
    throw new MillraceError(
      'BAD_PROGRAM',
      `job '${options.name}': its build function is asynchronous; it only says what is to be computed and must not wait: read files in a static table`,
    )
  }
  return builder
}

function checkOptions(options: JobOptions): JobOptions {
  const { name, batchInterval, numPartitions, onError, maxRatePerPartition } = options
  if (typeof name !== 'string' || !NAME.test(name))
    throw new MillraceError(
      'BAD_PROGRAM',
      `defineJob got ${describeValue(name)} as its name; it must be 1 to 64 letters, digits, '-' and '_', the first a letter, such as 'word-count'`,
    )
  const interval = new Duration(positiveMs(batchInterval, `job '${name}': batchInterval`))
  if (numPartitions !== undefined) checkPartitions(numPartitions, `job '${name}'`)
  // The program that receive runs has been planned before it was deployed.
  if (!import.meta.inReceive) {
    if (onError !== undefined && onError !== 'dead-letter' && onError !== 'fail')
      throw new MillraceError('BAD_PROGRAM', `job '${name}': onError is ${describeValue(onError)}; it must be 'dead-letter' or 'fail'`)
    if (maxRatePerPartition !== undefined && !(typeof maxRatePerPartition === 'number' && maxRatePerPartition > 0 && maxRatePerPartition < Infinity))
      throw new MillraceError(
        'BAD_PROGRAM',
        `job '${name}': maxRatePerPartition is ${describeValue(maxRatePerPartition)}; it must be a number of records per second above 0, such as 1000, or be left out for no bound`,
      )
  }
  return Object.freeze({ ...options, batchInterval: interval })
}
