import { checkPair } from '../dstream/check-pair.ts'
import { DStream, type PairDStream } from '../dstream/dstream.ts'
import type { Named, Shuffle } from '../dstream/keyed-options.ts'
import type { State } from '../dstream/state.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import type { Time } from '../values/time.ts'
import { compareMeans, type TestResult } from './compare-means.ts'
import { summary, type Summary } from './stats/summary.ts'
import { checkParameter } from './vectors.ts'

/** A sample: of the experiment, or of its control group. */
export type BinarySample = readonly [isExperiment: boolean, value: number]

export interface StreamingTestOptions extends Named {
  /** So many batches after the first sample are not looked at. @default 0 */
  readonly peacePeriod?: number
  /** A test looks at the last so many batches; 0: at all. @default 0 */
  readonly windowSize?: number
  /** @default 'welch' */
  readonly testMethod?: 'welch' | 'student'
}

export type { TestResult } from './compare-means.ts'

/** Samples of both groups. */
interface Groups {
  readonly control: Summary | null
  readonly experiment: Summary | null
}
/** `firstMs`: batch of the first sample. `parts`: the batches of the window, or one for all. */
interface Progress {
  readonly firstMs: number
  readonly parts: readonly (readonly [timeMs: number, groups: Groups])[]
}

const NAME = 'StreamingTest'
const add = summary()

/**
 * Spark's StreamingTest: an online A/B test. In each batch with samples the means of both groups so far (or of the last windowSize batches) are compared. Variances are those of the population, as in Spark.
 * With samples of one group only it is compared with itself. Peace period and window count batch intervals, also silent ones, from the first sample.
 * @example
 * new StreamingTest({ testMethod: 'welch', peacePeriod: 3, uid: 'test' }).registerStream(visits.map(({ newPage, seconds }) => [newPage, seconds] as const)).print()
 */
export class StreamingTest {
  readonly #options: StreamingTestOptions

  constructor(options: StreamingTestOptions = {}) {
    const { peacePeriod = 0, windowSize = 0, testMethod = 'welch' } = options
    checkParameter(NAME, 'peacePeriod', peacePeriod, { from: 0, whole: true })
    checkParameter(NAME, 'windowSize', windowSize, { from: 0, to: 10_000, whole: true })
    if (testMethod !== 'welch' && testMethod !== 'student')
      throw new MillraceError('BAD_PROGRAM', `${NAME}: testMethod is ${describeValue(testMethod)}; it must be 'welch' or 'student'`)
    this.#options = options
  }

  /** Returns a DStream of a result for each batch with samples, after the peace period. */
  registerStream(samples: DStream<BinarySample>): DStream<TestResult> {
    return this.#register(
      samples.mapToPair((sample) => [null, sample]),
      { numPartitions: 1 },
    ).map(([, result]) => result)
  }

  /** Returns a DStream of `[key, result]`: a test of its own for every key. */
  registerStreamByKey<K extends Key>(samples: PairDStream<K, BinarySample>, options: Shuffle = {}): PairDStream<K, TestResult> {
    return this.#register(samples, options)
  }

  #register<K extends Key>(samples: PairDStream<K, BinarySample>, shuffle: Shuffle): PairDStream<K, TestResult> {
    const { uid, peacePeriod = 0, windowSize = 0, testMethod = 'welch' } = this.#options
    const { slideMs } = DStream.partsOf(samples, NAME).node
    const batches = samples.mapValues(groupsOf).reduceByKey(together, shuffle)
    const test = (key: K, groups: Groups | undefined, state: State<Progress>, { milliseconds: now }: Time): readonly [K, TestResult] | undefined => {
      if (groups === undefined) return undefined
      const { firstMs, parts } = state.getOption() ?? { firstMs: now, parts: [] }
      if (now - firstMs < peacePeriod * slideMs) {
        state.update({ firstMs, parts })
        return undefined
      }
      const inside = [...parts.filter(([at]) => windowSize === 0 || at > now - windowSize * slideMs), [now, groups] as const]
      const all = inside.map(([, one]) => one).reduce(together)
      state.update({ firstMs, parts: windowSize === 0 ? [[now, all]] : inside })
      return [key, compareMeans(all.control ?? all.experiment, all.experiment ?? all.control, testMethod)]
    }
    return batches.mapWithState(test, { ...shuffle, ...(uid === undefined ? {} : { uid }) })
  }
}

function groupsOf(sample: BinarySample): Groups {
  checkPair(sample, NAME)
  const [isExperiment, value] = sample
  if (typeof isExperiment !== 'boolean' || typeof value !== 'number' || !Number.isFinite(value))
    throw new MillraceError(
      'BAD_VALUE',
      `${NAME} got [${describeValue(isExperiment)}, ${describeValue(value)}]; a sample is [is it of the experiment: true or false, a finite number]`,
    )
  const one = add.create(value)
  return isExperiment ? { control: null, experiment: one } : { control: one, experiment: null }
}

function together(a: Groups, b: Groups): Groups {
  return { control: merged(a.control, b.control), experiment: merged(a.experiment, b.experiment) }
}

function merged(a: Summary | null, b: Summary | null): Summary | null {
  return a === null || b === null ? (a ?? b) : add.mergeCombiners(a, b)
}
