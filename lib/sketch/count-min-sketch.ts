import { finishHash, mixWord } from '../values/hash.ts'
import { assertKey, hashKey, type Key } from '../values/key.ts'
import { COUNTER_BYTES, increment, readCount, writeCount } from './counter.ts'
import { add, emptyList, finish, isSparse, LIST_HEADER, merge, settle, type Forms } from './form.ts'
import { secondHash } from './hash-value.ts'
import { Building, checkHeader, checkNumber, KINDS, type Sketch } from './sketch.ts'
import { countEntry, entriesOf } from './sorted-list.ts'

/** Counts how often each value came. Its state is bytes. */
export interface CountMinSketch extends Sketch<Key, Uint8Array> {
  readonly depth: number
  readonly width: number
  /** Returns how often the value came: never too few, and too many by more than eps x all of them only with a probability of 1 - confidence. */
  estimateCount(sketch: Uint8Array, value: Key): number
  /** Returns how many values came in all. */
  totalCount(sketch: Uint8Array): number
}

const NAME = 'countMinSketch'
/** Kind, depth, width, seed. */
const HEADER = 14
const CELLS = HEADER + 1

/**
 * Returns a count-min sketch (Cormode, Muthukrishnan 2005) with the parameters of Spark's CountMinSketch: ceil(2 / eps) cells in each of ceil(-log2(1 - confidence)) rows.
 * While that is smaller it holds the hashes of its values, 8 bytes for each that came, and counts exactly (but for equal hashes). Its settled bytes follow from what came, however it was split and merged; they are not Spark's.
 * @example
 * const hits = countMinSketch({ eps: 0.001, confidence: 0.99, seed: 42 })
 * pairs.combineByKey(hits.create, hits.mergeValue, hits.mergeCombiners).mapValues((sketch) => hits.estimateCount(sketch, '/index.html'))
 */
export function countMinSketch(options: { readonly eps: number; readonly confidence: number; readonly seed: number }): CountMinSketch {
  const { eps, confidence, seed } = options
  checkNumber(NAME, 'eps', eps, { from: 1e-6, to: 1 })
  checkNumber(NAME, 'confidence', confidence, { from: 0.5, to: 0.999_999_999 })
  checkNumber(NAME, 'seed', seed, { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, whole: true })
  const width = Math.ceil(2 / eps)
  const depth = Math.ceil(-Math.log1p(-confidence) / Math.LN2)
  const seedBytes = new DataView(new ArrayBuffer(8))
  seedBytes.setFloat64(0, seed)
  const header = Uint8Array.of(KINDS.countMinSketch, depth, width >>> 24, width >>> 16, width >>> 8, width, ...new Uint8Array(seedBytes.buffer))
  const start = mixWord(mixWord(0, seedBytes.getUint32(4)), seedBytes.getUint32(0))
  const check = (sketch: Uint8Array): void => checkHeader(NAME, sketch, header, `eps ${eps}, confidence ${confidence}, seed ${seed}`)
  const cell = (high: number, low: number, row: number): number =>
    CELLS + COUNTER_BYTES * (row * width + (finishHash(mixWord(mixWord(mixWord(start, row), high), low), 12) % width))
  const forms: Forms = {
    header,
    shape: { headerBytes: HEADER + LIST_HEADER, entryBytes: 8, isCovered: () => false },
    cellBytes: depth * width * COUNTER_BYTES,
    building: new Building<ArrayBufferLike>(),
    put: (dense, high, low) => {
      for (let row = 0; row < depth; row++) increment(dense, cell(high, low, row))
    },
    putAll: (dense, other) => {
      for (let at = CELLS; at < dense.length; at += COUNTER_BYTES) writeCount(dense, at, readCount(dense, at) + readCount(other, at))
    },
  }
  const empty = emptyList(forms)

  return Object.freeze<CountMinSketch>({
    name: NAME,
    parameters: `eps ${eps}, confidence ${confidence}, seed ${seed}`,
    depth,
    width,
    check: (value) => assertKey(value, NAME),
    create: (value) => add(forms, empty, secondHash(value), hashKey(value)),
    mergeValue: (sketch, value) => {
      check(sketch)
      return add(forms, sketch, secondHash(value), hashKey(value))
    },
    mergeCombiners: (a, b) => {
      check(a)
      check(b)
      return merge(forms, a, b)
    },
    settle: (sketch) => finish(forms, sketch),
    estimateCount: (sketch, value) => {
      check(sketch)
      const [high, low] = [secondHash(value), hashKey(value)]
      if (isSparse(forms, sketch)) return countEntry(forms.shape, settle(forms, sketch), high, low)
      let least = Infinity
      for (let row = 0; row < depth; row++) least = Math.min(least, readCount(sketch, cell(high, low, row)))
      return least
    },
    totalCount: (sketch) => {
      check(sketch)
      if (isSparse(forms, sketch)) return entriesOf(forms.shape, sketch)
      let total = 0
      for (let i = 0; i < width; i++) total += readCount(sketch, CELLS + COUNTER_BYTES * i)
      return total
    },
  })
}
