import { finishHash, hashString, mixWord } from '../values/hash.ts'
import { keyTag, keyToString, type Key } from '../values/key.ts'

/** Makes the second hash independent of hashKey, which is the first and decides partitions. May never change: sketches in state were made with it. */
const SEED = 0x5ee3f00d

const float = new DataView(new ArrayBuffer(8))

/** Returns a second hash of a key, an unsigned 32-bit integer: with hashKey it makes 64 bits. Equal for equal keys, in every process and partition. */
export function secondHash(key: Key): number {
  if (typeof key === 'string') return hashString(key, SEED)
  if (typeof key !== 'number') return hashString(keyToString(key), SEED + keyTag(key))
  // All NaNs are one key; + 0 makes -0 and 0 one.
  float.setFloat64(0, Number.isNaN(key) ? NaN : key + 0)
  return finishHash(mixWord(mixWord(~SEED, float.getUint32(4)), float.getUint32(0)), 8)
}
