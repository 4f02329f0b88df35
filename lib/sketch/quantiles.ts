import type { PairDStream } from '../dstream/dstream.ts'
import type { Named, Shuffle } from '../dstream/keyed-options.ts'
import { describeValue } from '../values/describe-value.ts'
import type { Duration } from '../values/duration.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import { ddSketch, type DdSketch } from './dd-sketch.ts'
import { checkNumber } from './sketch.ts'
import { sketchByKey, sketchByKeyAndWindow } from './sketch-by-key.ts'

/** `relativeAccuracy`: a quantile is within this of the exact one, relatively. @default 0.01 */
export interface QuantilesOptions extends Shuffle, Named {
  readonly relativeAccuracy?: number
}

/**
 * Returns a DStream of `[key, quantiles]` per batch, in the order of `probabilities`: ddSketch, sketchByKey.
 * @example
 * quantilesByKey(requests.mapToPair(({ path, ms }) => [path, ms]), [0.5, 0.99]) // ['/', [12.1, 240.3]] ...
 */
export function quantilesByKey<K extends Key>(
  pairs: PairDStream<K, number>,
  probabilities: readonly number[],
  options: QuantilesOptions = {},
): PairDStream<K, readonly number[]> {
  const { sketch, rest } = prepare('quantilesByKey', probabilities, options)
  return sketchByKey(pairs, sketch, rest).mapValues((bytes) => probabilities.map((q) => sketch.quantile(bytes, q)))
}

/** Returns a DStream of `[key, quantiles of the window]` per slide: ddSketch, sketchByKeyAndWindow. */
export function quantilesByKeyAndWindow<K extends Key>(
  pairs: PairDStream<K, number>,
  probabilities: readonly number[],
  window: Duration,
  slide?: Duration,
  options: QuantilesOptions = {},
): PairDStream<K, readonly number[]> {
  const { sketch, rest } = prepare('quantilesByKeyAndWindow', probabilities, options)
  return sketchByKeyAndWindow(pairs, sketch, window, slide, rest).mapValues((bytes) => probabilities.map((q) => sketch.quantile(bytes, q)))
}

function prepare(name: string, probabilities: readonly number[], options: QuantilesOptions): { readonly sketch: DdSketch; readonly rest: Shuffle & Named } {
  if (!Array.isArray(probabilities) || probabilities.length === 0)
    throw new MillraceError(
      'BAD_PROGRAM',
      `${name} got ${describeValue(probabilities)} as its probabilities; it takes an array of numbers from 0 to 1, such as [0.5, 0.99]`,
    )
  for (const q of probabilities) checkNumber(name, 'a probability', q, { from: 0, to: 1 })
  const { relativeAccuracy, ...rest } = options
  return { sketch: ddSketch(relativeAccuracy === undefined ? {} : { relativeAccuracy }), rest }
}
