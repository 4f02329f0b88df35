import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { MillraceError } from '../../values/errors.ts'

interface Form {
  readonly name: string
  readonly magic: readonly number[]
  readonly open: () => Transform
}

/** Told by their first bytes (RFC 1952; RFC 8878): a name says nothing, and a pipe has none. */
const FORMS: readonly Form[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], open: () => createGunzip() },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], open: () => createZstdDecompress() },
]
/** A byte order mark: some programs begin a file of UTF-8 with it. It is no part of the first record. */
const MARK: readonly number[] = [0xef, 0xbb, 0xbf]

/** Yields what chunks of bytes hold: gzip and zstd are unpacked, and a byte order mark at the beginning is dropped. `name` is for errors. */
export async function* plainBytes(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const { head, rest } = await peek(chunks, (bytes) => FORMS.some(({ magic }) => isPrefix(bytes, magic)))
  const form = FORMS.find(({ magic }) => startsWith(head, magic))
  const plain = await peek(form === undefined ? rest : unpack(rest, form, name), (bytes) => isPrefix(bytes, MARK))
  let first = startsWith(plain.head, MARK)
  for await (const chunk of plain.rest) {
    yield first ? chunk.subarray(MARK.length) : chunk
    first = false
  }
}

async function* unpack(chunks: AsyncIterable<Uint8Array>, { name: form, open }: Form, name: string): AsyncGenerator<Uint8Array> {
  const stream = open()
  const feeding = pipeline(Readable.from(chunks), stream)
  feeding.catch(() => undefined) // the reading below meets the same error
  try {
    yield* stream as AsyncIterable<Buffer>
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(
      'BAD_VALUE',
      `${name} begins as ${form} does and cannot be unpacked (${(cause as Error).message}): it is damaged or not whole; copy it anew`,
      {
        cause,
      },
    )
  }
}

/** Reads on while the first bytes say nothing definite; what was read comes again in `rest`, its first chunk being `head`. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
  undecided: (head: Uint8Array) => boolean,
): Promise<{ readonly head: Uint8Array; readonly rest: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array(0)
  while (undecided(head)) {
    const next = await iterator.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { head, rest: rest() }
}

/** Whether the bytes are less than all of `magic`, and so far the same. */
function isPrefix(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length < magic.length && bytes.every((byte, i) => byte === magic[i])
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}
