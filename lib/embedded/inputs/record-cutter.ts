import type { FileSource } from '../../dstream/node.ts'
import { MillraceError } from '../../values/errors.ts'

/** Takes a file of a watched folder chunk by chunk. */
export interface RecordCutter {
  /** Returns the records that are whole with this chunk. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Returns what is left at the end of the file; throws when the file is not made of records. */
  end(): readonly Uint8Array[]
  /** Bytes of the record that is not whole yet. */
  readonly restBytes: number
}

/** Returns what cuts one file of a folder into records: lines, or pieces of a fixed length. */
export function recordCutter({ directory, recordLength }: FileSource): RecordCutter {
  return recordLength === undefined ? lineCutter() : lengthCutter(directory, recordLength)
}

function lengthCutter(directory: string, recordLength: number): RecordCutter {
  let rest: Uint8Array = new Uint8Array(0)
  let bytesSoFar = 0
  return {
    push: (chunk) => {
      bytesSoFar += chunk.length
      const all = rest.length === 0 ? chunk : joined(rest, chunk)
      const n = Math.floor(all.length / recordLength)
      rest = all.subarray(n * recordLength)
      return Array.from({ length: n }, (_, i) => all.subarray(i * recordLength, (i + 1) * recordLength))
    },
    end: () => {
      if (rest.length === 0) return []
      throw new MillraceError(
        'BAD_VALUE',
        `a file of binaryRecordsStream '${directory}' has ${bytesSoFar} bytes, which is no multiple of the record length ${recordLength}: write whole records`,
      )
    },
    get restBytes() {
      return rest.length
    },
  }
}

const LF = 10
const CR = 13

/** Lines end with \n, \r or \r\n; the last one may do without. */
function lineCutter(): RecordCutter {
  let rest: Uint8Array = new Uint8Array(0)
  let afterReturn = false
  return {
    push: (chunk) => {
      const lines: Uint8Array[] = []
      // The newline of a carriage return that was the last byte before.
      let start = afterReturn && chunk[0] === LF ? 1 : 0
      if (chunk.length > 0) afterReturn = false
      for (let i = start; i < chunk.length; i++) {
        if (chunk[i] !== LF && chunk[i] !== CR) continue
        lines.push(joined(rest, chunk.subarray(start, i)))
        rest = rest.subarray(0, 0)
        if (chunk[i] === CR && i + 1 === chunk.length) afterReturn = true
        if (chunk[i] === CR && chunk[i + 1] === LF) i++
        start = i + 1
      }
      if (start < chunk.length) rest = joined(rest, chunk.subarray(start))
      return lines
    },
    end: () => (rest.length === 0 ? [] : [rest]),
    get restBytes() {
      return rest.length
    },
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.length === 0 ? b : Buffer.concat([a, b])
}
