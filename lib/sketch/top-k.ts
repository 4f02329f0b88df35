import type { DStream } from '../dstream/dstream.ts'
import type { Named } from '../dstream/keyed-options.ts'
import type { Duration } from '../values/duration.ts'
import type { Key } from '../values/key.ts'
import { checkNumber } from './sketch.ts'
import { sketchByKey, sketchByKeyAndWindow } from './sketch-by-key.ts'
import { spaceSaving, type HeavyHitter, type SpaceSaving } from './space-saving.ts'

/** `capacity`: no count is wrong by more than rows / capacity. @default 10 x k */
export interface TopKOptions extends Named {
  readonly capacity?: number
}

/**
 * Returns a DStream of the k rows that came most often in each batch, most often first: spaceSaving, sketchByKey.
 * @example
 * topK(words, 2) // { value: 'be', count: 2, error: 0 }, { value: 'not', count: 1, error: 0 }
 */
export function topK<T extends Key>(stream: DStream<T>, k: number, options: TopKOptions = {}): DStream<HeavyHitter<T>> {
  const { sketch, named } = prepare<T>('topK', k, options)
  return sketchByKey(
    stream.mapToPair((value) => [null, value]),
    sketch,
    { ...named, numPartitions: 1 },
  ).flatMap(([, state]) => sketch.top(state, k))
}

/** Returns a DStream of the k rows that came most often in the window, at each slide: spaceSaving, sketchByKeyAndWindow. */
export function topKByWindow<T extends Key>(
  stream: DStream<T>,
  k: number,
  window: Duration,
  slide?: Duration,
  options: TopKOptions = {},
): DStream<HeavyHitter<T>> {
  const { sketch, named } = prepare<T>('topKByWindow', k, options)
  return sketchByKeyAndWindow(
    stream.mapToPair((value) => [null, value]),
    sketch,
    window,
    slide,
    { ...named, numPartitions: 1 },
  ).flatMap(([, state]) => sketch.top(state, k))
}

function prepare<T extends Key>(name: string, k: number, { capacity, ...named }: TopKOptions): { readonly sketch: SpaceSaving<T>; readonly named: Named } {
  checkNumber(name, 'k', k, { from: 1, to: 10_000, whole: true })
  if (capacity !== undefined) checkNumber(name, 'capacity', capacity, { from: k, to: 100_000, whole: true })
  return { sketch: spaceSaving<T>({ capacity: capacity ?? 10 * k }), named }
}
