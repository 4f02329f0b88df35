import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { bytes, text, type Decoder } from '../decode/decoder.ts'
import { checkFunction } from './check-function.ts'
import type { FileSource, InputNode } from './node.ts'

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
  return fileNode('textFileStream', stream, text(), { directory, records: linesOf }, options, intervalMs)
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
  const records = (content: Uint8Array): readonly Uint8Array[] => {
    if (content.length % recordLength !== 0)
      throw new MillraceError(
        'BAD_VALUE',
        `a file of binaryRecordsStream '${directory}' has ${content.length} bytes, which is no multiple of the record length ${recordLength}: write whole records`,
      )
    return Array.from({ length: content.length / recordLength }, (_, i) => content.subarray(i * recordLength, (i + 1) * recordLength))
  }
  return fileNode('binaryRecordsStream', stream, bytes(), { directory, records }, options, intervalMs)
}

function fileNode(
  kind: string,
  stream: string,
  decoder: Decoder<unknown>,
  source: Pick<FileSource, 'directory' | 'records'>,
  options: FileOptions | undefined,
  intervalMs: number,
): InputNode {
  const { directory, records } = source
  if (typeof directory !== 'string' || directory === '')
    throw new MillraceError('BAD_PROGRAM', `${kind} got ${describeValue(directory)} as its folder; it takes a path, such as 'incoming'`)
  if (options?.filter !== undefined) checkFunction(options.filter, kind)
  const files: FileSource = { directory, newFilesOnly: options?.newFilesOnly !== false, filter: options?.filter, records }
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
function linesOf(content: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = []
  let start = 0
  for (let i = 0; i < content.length; i++) {
    if (content[i] !== LF && content[i] !== CR) continue
    lines.push(content.subarray(start, i))
    if (content[i] === CR && content[i + 1] === LF) i++
    start = i + 1
  }
  if (start < content.length) lines.push(content.subarray(start))
  return lines
}
