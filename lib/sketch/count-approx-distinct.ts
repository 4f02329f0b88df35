import type { DStream, PairDStream } from '../dstream/dstream.ts'
import type { Named, Shuffle } from '../dstream/keyed-options.ts'
import type { Duration } from '../values/duration.ts'
import type { Key } from '../values/key.ts'
import { hyperLogLog } from './hyper-log-log.ts'
import { sketchByKey, sketchByKeyAndWindow } from './sketch-by-key.ts'

/** `relativeSD`: the standard deviation of the relative error. @default 0.05 */
export interface ApproxDistinctOptions extends Shuffle, Named {
  readonly relativeSD?: number
}

/**
 * Returns a DStream of `[key, about how many different values]` per batch: hyperLogLog, sketchByKey.
 * @example
 * countApproxDistinctByKey(visits.mapToPair(({ page, user }) => [page, user]), { relativeSD: 0.01 }) // ['/', 2] ...
 */
export function countApproxDistinctByKey<K extends Key, V extends Key>(pairs: PairDStream<K, V>, options: ApproxDistinctOptions = {}): PairDStream<K, number> {
  const { relativeSD, ...rest } = options
  const sketch = hyperLogLog(relativeSD === undefined ? {} : { relativeSD })
  return sketchByKey(pairs, sketch, rest).mapValues((bytes) => sketch.estimate(bytes))
}

/** Returns a DStream of `[key, about how many different values in the window]` per slide: hyperLogLog, sketchByKeyAndWindow. */
export function countApproxDistinctByKeyAndWindow<K extends Key, V extends Key>(
  pairs: PairDStream<K, V>,
  window: Duration,
  slide?: Duration,
  options: ApproxDistinctOptions = {},
): PairDStream<K, number> {
  const { relativeSD, ...rest } = options
  const sketch = hyperLogLog(relativeSD === undefined ? {} : { relativeSD })
  return sketchByKeyAndWindow(pairs, sketch, window, slide, rest).mapValues((bytes) => sketch.estimate(bytes))
}

/** Returns a DStream of one number per batch with rows: about how many different ones: countApproxDistinctByKey with one key. */
export function countApproxDistinct<T extends Key>(stream: DStream<T>, options: Omit<ApproxDistinctOptions, 'numPartitions'> = {}): DStream<number> {
  const pairs = stream.mapToPair((value) => [null, value])
  return countApproxDistinctByKey(pairs, { ...options, numPartitions: 1 }).map(([, n]) => n)
}

/** Returns a DStream of one number per slide: about how many different rows the window has; nothing for an empty window. */
export function countApproxDistinctByWindow<T extends Key>(
  stream: DStream<T>,
  window: Duration,
  slide?: Duration,
  options: Omit<ApproxDistinctOptions, 'numPartitions'> = {},
): DStream<number> {
  const pairs = stream.mapToPair((value) => [null, value])
  return countApproxDistinctByKeyAndWindow(pairs, window, slide, { ...options, numPartitions: 1 }).map(([, n]) => n)
}
