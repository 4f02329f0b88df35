import { keyTag, type Key } from './key.ts'

/**
 * Returns bytes that are equal for equal keys, differ for different ones, and are in the order of compareKeys. Every key starts with the tag of its type:
 *
 *     number   its 64 bits, big-endian; negative ones inverted, others with the sign bit set
 *     bigint   sign (0 or 1), length of the magnitude in 4 bytes, magnitude; length and magnitude inverted when negative
 *     string   UTF-16 code units, big-endian (not UTF-8: lone surrogates would become one and the same); unit 0 as 0000 ffff; then 0000 0000
 *     tuple    its elements; then 00
 */
export function canonicalBytes(key: Key): Uint8Array {
  const bytes: number[] = []
  append(bytes, key)
  return Uint8Array.from(bytes)
}

function append(bytes: number[], key: Key): void {
  bytes.push(keyTag(key))
  if (typeof key === 'string') appendString(bytes, key)
  else if (typeof key === 'number') appendNumber(bytes, key)
  else if (typeof key === 'bigint') appendBigint(bytes, key)
  else if (typeof key === 'object' && key !== null) {
    for (const part of key) append(bytes, part)
    bytes.push(0)
  }
}

function appendString(bytes: number[], key: string): void {
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    bytes.push(unit >> 8, unit & 0xff)
    if (unit === 0) bytes.push(0xff, 0xff)
  }
  bytes.push(0, 0, 0, 0)
}

function appendNumber(bytes: number[], key: number): void {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Number.isNaN(key) ? NaN : key + 0)
  const negative = view.getUint8(0) > 0x7f
  for (let i = 0; i < 8; i++) bytes.push(view.getUint8(i) ^ (negative ? 0xff : i === 0 ? 0x80 : 0))
}

function appendBigint(bytes: number[], key: bigint): void {
  const flip = key < 0n ? 0xff : 0
  const digits = key === 0n ? '' : (key < 0n ? -key : key).toString(16)
  const magnitude = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const length = new DataView(new ArrayBuffer(4))
  length.setUint32(0, magnitude.length)
  bytes.push(key < 0n ? 0 : 1)
  for (let i = 0; i < 4; i++) bytes.push(length.getUint8(i) ^ flip)
  for (const byte of magnitude) bytes.push(byte ^ flip)
}
