import { MillraceError } from '../../values/errors.ts'
import { MAX_RECORD_BYTES } from './read-lines.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d]
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d]

/** The bytes are no JSON array. */
export class NotAnArray extends Error {}

/**
 * Yields the elements of a JSON array, each as it is written: 9007199254740993, 1.0 and 1E400 would not come out of JSON.parse as they went in.
 * Throws NotAnArray when the bytes are something else; whether an element is JSON is for its decoder to say.
 */
export async function* cutArray(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<readonly Uint8Array[]> {
  let where = 'before' as 'before' | 'within' | 'after'
  let depth = 0
  let inText = false
  let escaped = false
  let count = 0
  let parts: Uint8Array[] = []
  let sizeBytes = 0
  const check = (): void => {
    if (sizeBytes > MAX_RECORD_BYTES)
      throw new MillraceError(
        'LIMIT_EXCEEDED',
        `${name}: element ${count + 1} is longer than ${MAX_RECORD_BYTES} bytes (10 MiB), the most that a Kinesis record can hold; split it`,
      )
  }
  for await (const chunk of chunks) {
    const elements: Uint8Array[] = []
    let start = 0
    const element = (end: number): Uint8Array => {
      const last = chunk.subarray(start, end)
      const whole = trim(parts.length === 0 ? last : Buffer.concat([...parts, last]))
      sizeBytes = whole.length
      check()
      parts = []
      sizeBytes = 0
      count++
      return whole
    }
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (inText) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inText = false
        continue
      }
      if (where === 'before' || where === 'after') {
        if (isSpace(byte)) continue
        if (where === 'after' || byte !== OPEN_LIST) throw new NotAnArray()
        where = 'within'
        start = i + 1
      } else if (byte === QUOTE) inText = true
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++
      else if (depth > 0) {
        if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--
      } else if (byte === COMMA || byte === CLOSE_LIST) {
        const one = element(i)
        if (one.length > 0) elements.push(one)
        else if (byte === COMMA || count > 1) throw new NotAnArray()
        start = i + 1
        if (byte === CLOSE_LIST) where = 'after'
      } else if (byte === CLOSE_OBJECT) throw new NotAnArray()
    }
    if (where === 'within') {
      parts.push(chunk.subarray(start))
      sizeBytes += chunk.length - start
      check()
    }
    if (elements.length > 0) yield elements
  }
  if (where !== 'after') throw new NotAnArray()
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function trim(bytes: Uint8Array): Uint8Array {
  let start = 0
  let end = bytes.length
  while (start < end && isSpace(bytes[start])) start++
  while (end > start && isSpace(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}
