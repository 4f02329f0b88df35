import { assertKey, hashKey, type Key } from '../values/key.ts'
import { estimateRegisters } from './estimate-registers.ts'
import { add, emptyList, finish, isSparse, LIST_HEADER, merge, settle, type Forms } from './form.ts'
import { secondHash } from './hash-value.ts'
import { Building, checkHeader, checkNumber, KINDS, type Sketch } from './sketch.ts'
import { entriesOf } from './sorted-list.ts'

/** Counts distinct values. Its state is bytes. */
export interface HyperLogLog extends Sketch<Key, Uint8Array> {
  /** 2 ** precision registers when dense. */
  readonly precision: number
  /** Returns about how many different values the sketch has seen. */
  estimate(sketch: Uint8Array): number
}

const NAME = 'hyperLogLog'
/** Bits of the index of a sparse entry; the others of its 32 hold the rank. */
const SPARSE_BITS = 25
const RANK_BITS = 6
/** Kind and precision. */
const HEADER = 2
/** Kind, precision, form. */
const CELLS = HEADER + 1
/** Dense it is 1 MiB: what a state of this size costs in every batch is for few keys. */
const MAX_PRECISION = 20

/**
 * Returns HyperLogLog++ (Heule, Nunkesser, Hall 2013): 64 bits of hash, sparse while that is smaller (4 bytes for each different value, at 25 bits of precision), then a byte per register.
 * Its settled bytes follow from the set of values alone, however they were split and merged. `relativeSD` is the standard deviation of the relative error; it chooses the precision as Spark's approx_count_distinct does.
 * The estimate is Ertl's (2017, algorithm 6): unbiased without the empirical tables of HyperLogLog++.
 * @example
 * const visitors = hyperLogLog({ relativeSD: 0.01 })
 * pairs.combineByKey(visitors.create, visitors.mergeValue, visitors.mergeCombiners).mapValues((sketch) => visitors.estimate(sketch))
 */
export function hyperLogLog(options: { readonly relativeSD?: number } = {}): HyperLogLog {
  const relativeSD = options.relativeSD ?? 0.05
  checkNumber(NAME, 'relativeSD', relativeSD, { from: 0.0011, to: 0.39 })
  const precision = Math.min(MAX_PRECISION, Math.max(4, Math.ceil(2 * Math.log2(1.106 / relativeSD))))
  const header = Uint8Array.of(KINDS.hyperLogLog, precision)
  const rest = SPARSE_BITS - precision
  const forms: Forms = {
    header,
    shape: {
      headerBytes: HEADER + LIST_HEADER,
      entryBytes: 4,
      // Entries of one index stand side by side, the one with the greatest rank last.
      isCovered: (entry, _low, by) => entry >>> RANK_BITS === by >>> RANK_BITS,
    },
    cellBytes: 2 ** precision,
    building: new Building<ArrayBufferLike>(),
    put: (dense, entry) => {
      const index = entry >>> RANK_BITS
      const tail = index & ((1 << rest) - 1)
      const rank = tail === 0 ? rest + (entry & 63) : Math.clz32(tail) - (32 - rest) + 1
      const at = CELLS + (index >>> rest)
      if ((dense[at] as number) < rank) dense[at] = rank
    },
    putAll: (dense, other) => {
      for (let at = CELLS; at < dense.length; at++) if ((other[at] as number) > (dense[at] as number)) dense[at] = other[at] as number
    },
  }
  const check = (sketch: Uint8Array): void => checkHeader(NAME, sketch, header, `relativeSD ${relativeSD}, precision ${precision}`)
  const empty = emptyList(forms)

  return Object.freeze<HyperLogLog>({
    name: NAME,
    parameters: `precision ${precision}`,
    precision,
    check: (value) => assertKey(value, NAME),
    create: (value) => add(forms, empty, entryOf(value), 0),
    mergeValue: (sketch, value) => {
      check(sketch)
      return add(forms, sketch, entryOf(value), 0)
    },
    mergeCombiners: (a, b) => {
      check(a)
      check(b)
      return merge(forms, a, b)
    },
    settle: (sketch) => finish(forms, sketch),
    estimate: (sketch) => {
      check(sketch)
      if (!isSparse(forms, sketch)) return Math.round(estimateRegisters(sketch.subarray(CELLS), precision))
      // Linear counting over 2 ** 25 cells.
      const cells = 2 ** SPARSE_BITS
      return Math.round(-cells * Math.log1p(-entriesOf(forms.shape, settle(forms, sketch)) / cells))
    },
  })
}

/** Index and rank of a value: the first 25 bits of its hash, and one more than the zeros that follow. */
function entryOf(value: Key): number {
  const high = secondHash(value)
  const tail = high & 127
  const rank = tail === 0 ? 8 + Math.clz32(hashKey(value)) : Math.clz32(tail) - 24
  return (high >>> 7) * 64 + rank
}
