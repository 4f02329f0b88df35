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
  return fileNode('textFileStream', stream, text(), { directory, recordLength: undefined }, options, intervalMs)
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
  return fileNode('binaryRecordsStream', stream, bytes(), { directory, recordLength }, options, intervalMs)
}

function fileNode(
  kind: string,
  stream: string,
  decoder: Decoder<unknown>,
  source: Pick<FileSource, 'directory' | 'recordLength'>,
  options: FileOptions | undefined,
  intervalMs: number,
): InputNode {
  const { directory, recordLength } = source
  if (typeof directory !== 'string' || directory === '')
    throw new MillraceError('BAD_PROGRAM', `${kind} got ${describeValue(directory)} as its folder; it takes a path, such as 'incoming'`)
  if (options?.filter !== undefined) checkFunction(options.filter, kind)
  const files: FileSource = { directory, newFilesOnly: options?.newFilesOnly !== false, filter: options?.filter, recordLength }
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
