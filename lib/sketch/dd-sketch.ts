import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { COUNTER_BYTES, increment, readCount, writeCount } from './counter.ts'
import { Building, checkHeader, checkNumber, KINDS, SMALL_BYTES, type Sketch } from './sketch.ts'

/** Quantiles of numbers. Its state is bytes. */
export interface DdSketch extends Sketch<number, Uint8Array> {
  /** Returns the q-quantile (0 to 1): within the relative accuracy of the value whose rank is floor(q (n - 1)), counted from 0. */
  quantile(sketch: Uint8Array, q: number): number
  /** Returns how many values the sketch has seen. */
  count(sketch: Uint8Array): number
  /** Returns the relative accuracy that the sketch has: the one asked for, unless its values spread too widely for its buckets. */
  relativeAccuracy(sketch: Uint8Array): number
}

const NAME = 'ddSketch'
const PLACE_BYTES = 3
const ENTRY = PLACE_BYTES + COUNTER_BYTES
/** Kind, accuracy (8 bytes), level. */
const HEADER = 10
const LEVEL = HEADER - 1
/** A state is at most 16 KiB. At an accuracy of 0.01 they span 17 orders of magnitude before buckets are merged. */
const MAX_BUCKETS = 2048
/** Of the bucket of 1. Those of greater numbers follow, of negative ones are mirrored; 0 has the place 0. No index of a double is as large at the finest accuracy. */
const ONE = 2 ** 20
/** What is added to a place in the bytes, so that it is never negative. */
const BIAS = 2 ** 22

/**
 * Returns a DDSketch (Masson, Rim, Lee 2019): counts in buckets whose bounds grow by (1 + a) / (1 - a), 8 bytes each, so that every quantile is within `relativeAccuracy` a of the exact one.
 * With more than 2,048 buckets two neighbours become one (UDDSketch: Epicoco et al. 2020): the accuracy halves, for all values alike. Its bytes follow from the values alone, however they were split and merged.
 * @example
 * const latency = ddSketch({ relativeAccuracy: 0.01 })
 * pairs.combineByKey(latency.create, latency.mergeValue, latency.mergeCombiners).mapValues((sketch) => latency.quantile(sketch, 0.99))
 */
export function ddSketch(options: { readonly relativeAccuracy?: number } = {}): DdSketch {
  const accuracy = options.relativeAccuracy ?? 0.01
  checkNumber(NAME, 'relativeAccuracy', accuracy, { from: 0.001, to: 0.5 })
  const logGamma = Math.log1p((2 * accuracy) / (1 - accuracy))
  const header = new Uint8Array(LEVEL)
  header[0] = KINDS.ddSketch
  new DataView(header.buffer).setFloat64(1, accuracy)
  const building = new Building<Uint8Array>()
  const check = (sketch: Uint8Array): void => checkHeader(NAME, sketch, header, `relativeAccuracy ${accuracy}`)

  const placeOf = (value: number, level: number): number => {
    if (value === 0) return 0
    const place = ONE + coarser(Math.ceil(Math.log(Math.abs(value)) / logGamma), level)
    return value > 0 ? place : -place
  }
  const valueAt = (place: number, level: number): number => {
    if (place === 0) return 0
    const step = logGamma * 2 ** level
    // 2 gamma^i / (gamma + 1), the value between its bounds that is relatively as far from both.
    const value = Math.min(Number.MAX_VALUE, Math.exp((Math.abs(place) - ONE) * step + Math.log(2 / (Math.exp(step) + 1))))
    return place > 0 ? value : -value
  }
  const ofBuckets = (buckets: readonly Bucket[], level: number): Uint8Array => {
    let [rest, at] = [buckets, level]
    for (; rest.length > MAX_BUCKETS; at++) rest = halved(rest)
    const sketch = new Uint8Array(HEADER + ENTRY * rest.length)
    sketch.set(header)
    sketch[LEVEL] = at
    rest.forEach(([place, count], i) => writeBucket(sketch, HEADER + ENTRY * i, place, count))
    return sketch
  }
  const owned = (sketch: Uint8Array): Uint8Array => (sketch.length > SMALL_BYTES ? building.add(sketch) : sketch)
  const add = (sketch: Uint8Array, value: number): Uint8Array => {
    const place = placeOf(value, sketch[LEVEL] as number)
    const at = find(sketch, place)
    if (at < sketch.length && placeAt(sketch, at) === place) {
      const mine = sketch.length > SMALL_BYTES && building.has(sketch) ? sketch : owned(new Uint8Array(sketch))
      increment(mine, at + PLACE_BYTES)
      return mine
    }
    const grown = new Uint8Array(sketch.length + ENTRY)
    grown.set(sketch.subarray(0, at))
    writeBucket(grown, at, place, 1)
    grown.set(sketch.subarray(at), at + ENTRY)
    return owned((grown.length - HEADER) / ENTRY > MAX_BUCKETS ? ofBuckets(bucketsOf(grown), grown[LEVEL] as number) : grown)
  }
  const checkValue = (value: number): void => {
    if (typeof value === 'number' && Number.isFinite(value)) return
    throw new MillraceError('BAD_VALUE', `${NAME} got ${describeValue(value)}; quantiles are of finite numbers: filter out what is none`)
  }
  const start = ofBuckets([], 0)

  return Object.freeze<DdSketch>({
    name: NAME,
    parameters: `relativeAccuracy ${accuracy}`,
    check: checkValue,
    create: (value) => {
      checkValue(value)
      return add(start, value)
    },
    mergeValue: (sketch, value) => {
      check(sketch)
      checkValue(value)
      return add(sketch, value)
    },
    mergeCombiners: (a, b) => {
      check(a)
      check(b)
      const level = Math.max(a[LEVEL] as number, b[LEVEL] as number)
      return ofBuckets(union(atLevel(a, level), atLevel(b, level)), level)
    },
    settle: (sketch) => building.release(sketch),
    quantile: (sketch, q) => {
      check(sketch)
      checkNumber(NAME, 'the quantile', q, { from: 0, to: 1 })
      const buckets = bucketsOf(sketch)
      let rank = Math.floor(q * (sum(buckets) - 1))
      for (const [place, count] of buckets) {
        if (rank < count) return valueAt(place, sketch[LEVEL] as number)
        rank -= count
      }
      throw new MillraceError('BAD_VALUE', `${NAME}: the sketch is empty; it has no quantiles`)
    },
    count: (sketch) => {
      check(sketch)
      return sum(bucketsOf(sketch))
    },
    relativeAccuracy: (sketch) => {
      check(sketch)
      return Math.tanh((logGamma * 2 ** (sketch[LEVEL] as number)) / 2)
    },
  })
}

type Bucket = readonly [place: number, count: number]

/** Returns the index of the bucket that an index is in when `levels` times two neighbours have become one. */
function coarser(index: number, levels: number): number {
  return Math.ceil(index / 2 ** levels)
}

function halved(buckets: readonly Bucket[], levels = 1): readonly Bucket[] {
  if (levels === 0) return buckets
  const result: Bucket[] = []
  for (const [place, count] of buckets) {
    const size = place === 0 ? 0 : ONE + coarser(Math.abs(place) - ONE, levels)
    const to = place < 0 ? -size : size
    const last = result.at(-1)
    if (last?.[0] === to) result[result.length - 1] = [to, last[1] + count]
    else result.push([to, count])
  }
  return result
}

function atLevel(sketch: Uint8Array, level: number): readonly Bucket[] {
  return halved(bucketsOf(sketch), level - (sketch[LEVEL] as number))
}

function union(a: readonly Bucket[], b: readonly Bucket[]): readonly Bucket[] {
  const result: Bucket[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i], b[j]]
    if (y === undefined || (x !== undefined && x[0] < y[0])) result.push(x as Bucket)
    else if (x === undefined || y[0] < x[0]) result.push(y)
    else result.push([x[0], x[1] + y[1]])
    const order = x === undefined ? 1 : y === undefined ? -1 : x[0] - y[0]
    if (order <= 0) i++
    if (order >= 0) j++
  }
  return result
}

function sum(buckets: readonly Bucket[]): number {
  return buckets.reduce((total, [, count]) => total + count, 0)
}

function bucketsOf(sketch: Uint8Array): readonly Bucket[] {
  return Array.from({ length: (sketch.length - HEADER) / ENTRY }, (_, i): Bucket => {
    const at = HEADER + ENTRY * i
    return [placeAt(sketch, at), readCount(sketch, at + PLACE_BYTES)]
  })
}

/** Returns where the first bucket that is not before this place stands. */
function find(sketch: Uint8Array, place: number): number {
  let low = 0
  let high = (sketch.length - HEADER) / ENTRY
  while (low < high) {
    const middle = (low + high) >> 1
    if (placeAt(sketch, HEADER + ENTRY * middle) < place) low = middle + 1
    else high = middle
  }
  return HEADER + ENTRY * low
}

function placeAt(sketch: Uint8Array, at: number): number {
  return ((sketch[at] as number) | ((sketch[at + 1] as number) << 8) | ((sketch[at + 2] as number) << 16)) - BIAS
}

function writeBucket(sketch: Uint8Array, at: number, place: number, count: number): void {
  const biased = place + BIAS
  sketch[at] = biased
  sketch[at + 1] = biased >>> 8
  sketch[at + 2] = biased >>> 16
  writeCount(sketch, at + PLACE_BYTES, count)
}
