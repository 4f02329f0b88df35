import type { PairDStream } from '../dstream/dstream.ts'
import type { Formed, Named, Shuffle } from '../dstream/keyed-options.ts'
import type { Duration } from '../values/duration.ts'
import type { Key } from '../values/key.ts'
import type { Sync } from '../values/sync.ts'
import type { Sketch } from './sketch.ts'

/**
 * Returns a DStream of one pair per key and batch: a sketch of its values, built on the map side: combineByKey, mapValues. A value that the sketch cannot take goes to the dead letters.
 * @example
 * sketchByKey(pairs, bloomFilter({ expectedNumItems: 1000 })) // ['a', bytes] ...
 */
export function sketchByKey<K extends Key, V, S>(pairs: PairDStream<K, V>, sketch: Sketch<V, S>, options?: Shuffle & Named): PairDStream<K, S> {
  const checked: PairDStream<K, V> = pairs.flatMapValues((value) => {
    sketch.check(value)
    return [value]
  })
  const { create, mergeValue, mergeCombiners, settle } = sketch
  const built = checked.combineByKey<K, V, S>(create as (value: V) => S & Sync<S>, mergeValue, mergeCombiners, formed(sketch, options))
  return built.mapValues(settle as (sketch: S) => S & Sync<S>)
}

/** Returns a DStream of one pair per key and slide: a sketch of the window's values: sketchByKey, reduceByKeyAndWindow. A pane keeps a sketch per key, and a slide merges them. */
export function sketchByKeyAndWindow<K extends Key, V, S>(
  pairs: PairDStream<K, V>,
  sketch: Sketch<V, S>,
  window: Duration,
  slide?: Duration,
  options: Shuffle & Named = {},
): PairDStream<K, S> {
  const { uid: _uid, ...shuffle } = options
  return sketchByKey(pairs, sketch, shuffle).reduceByKeyAndWindow(sketch.mergeCombiners, window, slide, formed(sketch, options))
}

/** Sketches of other parameters are other states. */
function formed<O extends object>({ name, parameters }: Pick<Sketch<never, never>, 'name' | 'parameters'>, options: O | undefined): O & Formed {
  return { ...(options as O), ...(parameters === undefined ? {} : { form: `${name}, ${parameters}` }) }
}
