import { MillraceError } from '../values/errors.ts'
import { assertKey, hashKey, type Key } from '../values/key.ts'
import { add, emptyList, finish, isSparse, LIST_HEADER, merge, settle, type Forms } from './form.ts'
import { secondHash } from './hash-value.ts'
import { Building, checkHeader, checkNumber, KINDS, type Sketch } from './sketch.ts'
import { hasEntry } from './sorted-list.ts'

/** A set of values that may say yes to one that it has not seen, and never no to one that it has. Its state is bytes. */
export interface BloomFilter extends Sketch<Key, Uint8Array> {
  readonly numBits: number
  readonly numHashFunctions: number
  mightContain(filter: Uint8Array, value: Key): boolean
  /** Returns the probability that mightContain says yes to a value that is not there, as full as the filter is. */
  expectedFpp(filter: Uint8Array): number
}

const NAME = 'bloomFilter'
/** Kind, hash functions, bits. */
const HEADER = 6
const CELLS = HEADER + 1
/** 256 MiB. */
const MAX_BITS = 2 ** 31

/**
 * Returns a Bloom filter (Bloom 1970) of Spark's size: -n ln p / (ln 2)^2 bits, bits / n ln 2 hash functions, made of two hashes (Kirsch, Mitzenmacher 2006).
 * While that is smaller it holds the hashes themselves, 8 bytes each. Its settled bytes follow from the set of values alone, however they were split and merged.
 * @example
 * const seen = bloomFilter({ expectedNumItems: 100_000, fpp: 0.01 })
 * pairs.combineByKey(seen.create, seen.mergeValue, seen.mergeCombiners).mapValues((filter) => seen.mightContain(filter, 'ann'))
 */
export function bloomFilter(options: { readonly expectedNumItems: number; readonly fpp?: number }): BloomFilter {
  const { expectedNumItems, fpp = 0.03 } = options
  checkNumber(NAME, 'expectedNumItems', expectedNumItems, { from: 1, to: 1e9, whole: true })
  checkNumber(NAME, 'fpp', fpp, { from: 1e-9, to: 0.5 })
  const numBits = 64 * Math.ceil((-expectedNumItems * Math.log(fpp)) / Math.LN2 ** 2 / 64)
  if (numBits > MAX_BITS)
    throw new MillraceError(
      'BAD_PROGRAM',
      `${NAME}: ${expectedNumItems} items at an fpp of ${fpp} take ${numBits} bits; at most ${MAX_BITS} fit in a state: expect fewer items, or split them by key`,
    )
  const numHashFunctions = Math.max(1, Math.round((numBits / expectedNumItems) * Math.LN2))
  const header = Uint8Array.of(KINDS.bloomFilter, numHashFunctions, numBits >>> 24, numBits >>> 16, numBits >>> 8, numBits)
  const check = (filter: Uint8Array): void => checkHeader(NAME, filter, header, `expectedNumItems ${expectedNumItems}, fpp ${fpp}`)
  const bit = (high: number, low: number, i: number): number => (high + i * low) % numBits
  const forms: Forms = {
    header,
    shape: { headerBytes: HEADER + LIST_HEADER, entryBytes: 8, isCovered: (high, low, byHigh, byLow) => high === byHigh && low === byLow },
    cellBytes: numBits / 8,
    building: new Building<ArrayBufferLike>(),
    put: (dense, high, low) => {
      for (let i = 1; i <= numHashFunctions; i++) {
        const at = bit(high, low, i)
        dense[CELLS + (at >>> 3)] = (dense[CELLS + (at >>> 3)] as number) | (1 << (at & 7))
      }
    },
    putAll: (dense, other) => {
      for (let at = CELLS; at < dense.length; at++) dense[at] = (dense[at] as number) | (other[at] as number)
    },
  }
  const isSet = (dense: Uint8Array, at: number): boolean => ((dense[CELLS + (at >>> 3)] as number) & (1 << (at & 7))) !== 0
  const empty = emptyList(forms)

  return Object.freeze<BloomFilter>({
    name: NAME,
    parameters: `expectedNumItems ${expectedNumItems}, fpp ${fpp}`,
    numBits,
    numHashFunctions,
    check: (value) => assertKey(value, NAME),
    create: (value) => add(forms, empty, secondHash(value), hashKey(value)),
    mergeValue: (filter, value) => {
      check(filter)
      return add(forms, filter, secondHash(value), hashKey(value))
    },
    mergeCombiners: (a, b) => {
      check(a)
      check(b)
      return merge(forms, a, b)
    },
    settle: (filter) => finish(forms, filter),
    mightContain: (filter, value) => {
      check(filter)
      const [high, low] = [secondHash(value), hashKey(value)]
      if (isSparse(forms, filter)) return hasEntry(forms.shape, settle(forms, filter), high, low)
      for (let i = 1; i <= numHashFunctions; i++) if (!isSet(filter, bit(high, low, i))) return false
      return true
    },
    expectedFpp: (filter) => {
      check(filter)
      if (isSparse(forms, filter)) return 0
      let bits = 0
      for (let at = CELLS; at < filter.length; at++) for (let byte = filter[at] as number; byte !== 0; byte &= byte - 1) bits++
      return (bits / numBits) ** numHashFunctions
    },
  })
}
