import { MillraceError } from '../../values/errors.ts'

/** Bytes. What a Kinesis record may hold at most, partition key included (PutRecord, since October 2025). */
export const MAX_RECORD_BYTES: number = 10 * 1024 * 1024

const NEWLINE = 10
const RETURN = 13

/** Splits chunks of bytes at newlines (`\n` or `\r\n`) and yields the lines of every chunk together. The last line may lack its newline. `name` is for errors. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<readonly Uint8Array[]> {
  let rest: Uint8Array[] = []
  let restBytes = 0
  let count = 0
  const check = (sizeBytes: number): void => {
    if (sizeBytes > MAX_RECORD_BYTES)
      throw new MillraceError(
        'LIMIT_EXCEEDED',
        `${name}: line ${count + 1} is longer than ${MAX_RECORD_BYTES} bytes (10 MiB), the most that a Kinesis record can hold; split it, or check that the file is text with one record a line`,
      )
  }
  const line = (last: Uint8Array): Uint8Array => {
    const bytes = rest.length === 0 ? last : Buffer.concat([...rest, last])
    rest = []
    restBytes = 0
    const whole = bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
    check(whole.length)
    count++
    return whole
  }
  for await (const chunk of chunks) {
    const lines: Uint8Array[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(line(chunk.subarray(start, end)))
      start = end + 1
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start))
      restBytes += chunk.length - start
    }
    // Its end may never come, and a carriage return may be the last byte of it.
    check(restBytes - 1)
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [line(new Uint8Array(0))]
}
