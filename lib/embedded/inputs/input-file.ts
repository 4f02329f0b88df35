import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { MillraceError } from '../../values/errors.ts'
import { cutArray, NotAnArray } from './cut-array.ts'
import { openPipe } from './open-pipe.ts'
import { plainBytes } from './plain-bytes.ts'
import { readLines } from './read-lines.ts'

/** Records of a file, as often as they are asked for. */
export interface InputFile {
  readonly path: string
  readonly records: number
  /** SHA-256 of its bytes, as they lie on the disk: whether a run that goes on reads what it began with. */
  readonly hash: string
  /** On the disk. */
  readonly sizeBytes: number
  /** Bytes of a last line without its newline; null: all lines are ended. */
  readonly openBytes: number | null
  readonly lines: () => AsyncIterable<readonly Uint8Array[]>
}

/** What can be read only once. */
export interface Pipe {
  readonly stdin: AsyncIterable<Uint8Array>
}

const READ_BYTES = 256 * 1024
const NEWLINE = 10

/**
 * Opens a file of records: one a line or, in a file whose name ends in .json (.json.gz, .json.zst) and that holds a JSON array, one an element.
 * A pipe, a FIFO or a device is what can be read only once.
 */
export async function openInputFile(path: string): Promise<InputFile | Pipe> {
  try {
    const info = await stat(path)
    if (info.isDirectory())
      throw new MillraceError(
        'USAGE',
        `--input ${path} is a folder; it must be a file with one record a line, several ('${path}/*'), or - for the standard input`,
      )
    if (!info.isFile()) return { stdin: await openPipe(path) }
    const array = /\.json(\.gz|\.zst)?$/.test(path) ? await countArray(path) : undefined
    const { hash, sizeBytes } = await hashOf(path)
    if (array !== undefined) return { path, hash, sizeBytes, openBytes: null, records: array, lines: () => cutArray(plainFile(path), path) }
    const { records, openBytes } = await countLines(path)
    return { path, hash, sizeBytes, openBytes, records, lines: () => readLines(plainFile(path), path) }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(
      'USAGE',
      `--input ${path} cannot be read (${(cause as Error).message}); it must be a file with one record a line, or - for the standard input`,
      { cause },
    )
  }
}

/** The bytes of a file, unpacked. */
export function plainFile(path: string): AsyncIterable<Uint8Array> {
  return plainBytes(createReadStream(path, { highWaterMark: READ_BYTES }), path)
}

/** Returns the hash of a file, or of its first bytes. */
export async function hashOf(path: string, firstBytes?: number): Promise<{ readonly hash: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  if (firstBytes !== 0)
    for await (const chunk of createReadStream(path, {
      highWaterMark: READ_BYTES,
      ...(firstBytes === undefined ? {} : { end: firstBytes - 1 }),
    }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      sizeBytes += chunk.length
    }
  return { hash: hash.digest('hex'), sizeBytes }
}

async function countLines(path: string): Promise<{ readonly records: number; readonly openBytes: number | null }> {
  let records = 0
  let openBytes = 0
  for await (const chunk of plainFile(path)) {
    let start = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
      records++
      openBytes = 0
      start = at + 1
    }
    openBytes += chunk.length - start
  }
  return openBytes === 0 ? { records, openBytes: null } : { records: records + 1, openBytes }
}

/** Returns how many elements a JSON array has; undefined: it is none. JSON lines of arrays look alike, up to the end of the first. */
async function countArray(path: string): Promise<number | undefined> {
  let records = 0
  try {
    for await (const elements of cutArray(plainFile(path), path)) {
      for (const element of elements) JSON.parse(Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString('utf8'))
      records += elements.length
    }
    return records
  } catch (error) {
    if (error instanceof NotAnArray || error instanceof SyntaxError) return undefined
    throw error
  }
}
