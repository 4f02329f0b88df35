import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { MillraceError } from '../../values/errors.ts'
import { readLines } from './read-lines.ts'

/** Lines of a file, as often as they are asked for. */
export interface InputFile {
  readonly path: string
  readonly records: number
  /** SHA-256 of its bytes: whether a run that goes on reads what it began with. */
  readonly hash: string
  readonly lines: () => AsyncIterable<readonly Uint8Array[]>
}

/** Opens a file of records: one a line or, in a file whose name ends in .json and that holds a JSON array, one an element. */
export async function openInputFile(path: string): Promise<InputFile> {
  try {
    const info = await stat(path)
    if (info.isDirectory())
      throw new MillraceError('USAGE', `--input ${path} is a folder; it must be a file with one record a line, or - for the standard input`)
    const array = path.endsWith('.json') ? await readArray(path) : undefined
    return array ?? (await scan(path))
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(
      'USAGE',
      `--input ${path} cannot be read (${(cause as Error).message}); it must be a file with one record a line, or - for the standard input`,
      { cause },
    )
  }
}

async function scan(path: string): Promise<InputFile> {
  const hash = createHash('sha256')
  let records = 0
  let last = 10
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) records++
    last = chunk.at(-1) ?? last
  }
  if (last !== 10) records++
  return { path, records, hash: hash.digest('hex'), lines: () => readLines(createReadStream(path, { highWaterMark: 256 * 1024 }), path) }
}

const LINES_AT_ONCE = 1000

async function readArray(path: string): Promise<InputFile | undefined> {
  const bytes = await readFile(path)
  const text = bytes.toString('utf8')
  if (!text.trimStart().startsWith('[')) return undefined
  let elements: unknown
  try {
    elements = JSON.parse(text)
  } catch {
    return undefined // JSON lines of arrays look alike.
  }
  if (!Array.isArray(elements)) return undefined
  const records = elements.map((element) => Buffer.from(JSON.stringify(element)))
  return {
    path,
    records: records.length,
    hash: createHash('sha256').update(bytes).digest('hex'),
    lines: async function* () {
      for (let i = 0; i < records.length; i += LINES_AT_ONCE) yield records.slice(i, i + LINES_AT_ONCE)
    },
  }
}
