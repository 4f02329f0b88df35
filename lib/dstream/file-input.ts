import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { bytes, text, type Decoder } from '../decode/decoder.ts'
import { checkFunction } from './check-function.ts'
import type { FileSource, InputNode, RecordCutter } from './node.ts'

/** Options of the streams over folders. */
export interface FileOptions {
  /** Leave files alone that were modified before the stream was made. @default true */
  readonly newFilesOnly?: boolean
  /** Which paths to take. @default names that do not begin with a dot */
  readonly filter?: (path: string) => boolean
}

/**
 * Returns a node of the lines of the files that appear in a folder.
 * @example
 * ssc.textFileStream('incoming').flatMap((line) => line.split(' ')).countByValue().print()
 */
export function textFileNode(stream: string, directory: string, options: FileOptions | undefined, intervalMs: number): InputNode {
  return fileNode('textFileStream', stream, text(), { directory, cut: lineCutter, plain: true }, options, intervalMs)
}

/**
 * Returns a node of records of a fixed length, of the files that appear in a folder.
 * @example
 * ssc.binaryRecordsStream('incoming', 8).map((record) => new DataView(record.buffer, record.byteOffset).getFloat64(0)).print()
 */
export function binaryRecordsNode(stream: string, directory: string, recordLength: number, options: FileOptions | undefined, intervalMs: number): InputNode {
  if (!Number.isInteger(recordLength) || recordLength < 1)
    throw new MillraceError(
      'BAD_PROGRAM',
      `binaryRecordsStream got ${describeValue(recordLength)} as the length of a record; it must be a whole number of bytes, at least 1`,
    )
  const cut = (): RecordCutter => {
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
  return fileNode('binaryRecordsStream', stream, bytes(), { directory, cut, plain: false }, options, intervalMs)
}

function fileNode(
  kind: string,
  stream: string,
  decoder: Decoder<unknown>,
  source: Pick<FileSource, 'directory' | 'cut' | 'plain'>,
  options: FileOptions | undefined,
  intervalMs: number,
): InputNode {
  const { directory, cut, plain } = source
  if (typeof directory !== 'string' || directory === '')
    throw new MillraceError('BAD_PROGRAM', `${kind} got ${describeValue(directory)} as its folder; it takes a path, such as 'incoming'`)
  if (options?.filter !== undefined) checkFunction(options.filter, kind)
  const files: FileSource = { directory, newFilesOnly: options?.newFilesOnly !== false, filter: options?.filter, cut, plain }
  return Object.freeze<InputNode>({
    shape: 'input',
    kind,
    uid: undefined,
    parents: [],
    slideMs: intervalMs,
    params: { stream, directory },
    stream,
    decoder,
    queue: undefined,
    files,
  })
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
