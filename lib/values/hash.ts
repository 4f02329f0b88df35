// MurmurHash3 (x86, 32 bit), fed with 32-bit words: no bytes are made. It decides which partition a key lives in, so it may never change.

/** Returns the hash with one more word mixed in. */
export function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const h = hash ^ k
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** Returns the finished hash, an unsigned 32-bit integer. `length` is that of what was hashed. */
export function finishHash(hash: number, length: number): number {
  let h = hash ^ length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Returns the hash of a string's UTF-16 code units, so lone surrogates count like any other unit. */
export function hashString(text: string, seed: number): number {
  const { length } = text
  const even = length & ~1
  let h = seed
  for (let i = 0; i < even; i += 2) h = mixWord(h, text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16))
  if (even < length) h = mixWord(h, text.charCodeAt(even))
  return finishHash(h, length)
}
