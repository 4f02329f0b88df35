import { MillraceError } from '../values/errors.ts'
import type { Time } from '../values/time.ts'
import type { StandardSchema } from './standard-schema.ts'
import { assertSchema, validate } from './validate.ts'

export type { StandardSchema } from './standard-schema.ts'

/** Where a record came from. */
export interface RecordMeta {
  readonly stream: string
  readonly shardId: string
  readonly sequenceNumber: string
  readonly partitionKey: string
  readonly arrivalTime: Time
}

/** What a decoder returns for a record that holds nothing: it is consumed, and yields no row. Only json() does so, for blank lines. */
export const NOTHING: unique symbol = Symbol('nothing')

/** Turns a record's bytes (a Buffer, on every way a record can come) into a value. Spark's message handler: the place for one's own formats. A record for which it throws goes to the dead letters. */
export interface Decoder<T> {
  decode(data: Uint8Array, meta: RecordMeta): T
  /**
   * The same from the base64 of a Lambda event, for decoders that need no meta data. Optional, only for speed:
   * the built-in text() and json() decode through one reused buffer and make no bytes of their own.
   */
  decodeBase64?(data: string): T
}

/** Returns a decoder of UTF-8 text. Bytes that are no UTF-8 become U+FFFD, as Buffer does it; a byte order mark stays. */
export function text(): Decoder<string> {
  return TEXT
}

/**
 * Returns a decoder of JSON. With a Standard Schema (zod, valibot, arktype) every record is validated, and is what the schema's output is;
 * a record that does not fit is an error that names its issues. The schema must validate synchronously. A blank record (nothing but white space) is
 * skipped: many files end with an empty line.
 */
export function json(): Decoder<unknown>
export function json<T>(schema: StandardSchema<T>): Decoder<T>
export function json(schema?: StandardSchema<unknown>): Decoder<unknown> {
  if (schema === undefined) return JSON_VALUE
  assertSchema(schema)
  const fit = (value: unknown): unknown => (value === NOTHING ? NOTHING : validate(schema, value))
  return Object.freeze({
    decode: (data: Uint8Array) => fit(parse(utf8(data))),
    decodeBase64: (data: string) => fit(parse(utf8OfBase64(data))),
  })
}

/** Returns a decoder that hands out a copy of the record's bytes. */
export function bytes(): Decoder<Uint8Array> {
  return BYTES
}

const TEXT: Decoder<string> = Object.freeze({ decode: utf8, decodeBase64: utf8OfBase64 })
const JSON_VALUE: Decoder<unknown> = Object.freeze({
  decode: (data: Uint8Array) => parse(utf8(data)),
  decodeBase64: (data: string) => parse(utf8OfBase64(data)),
})
const BYTES: Decoder<Uint8Array> = Object.freeze({ decode: (data: Uint8Array) => new Uint8Array(data) })

function utf8(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
}

/** What Buffer's write and toString call; a tenth faster per record, untyped in Node's declarations, there since Node 0.x. */
type DirectBuffer = Buffer & {
  base64Write(text: string, offset: number, length: number): number
  utf8Slice(start: number, end: number): string
}

function allocate(sizeBytes: number): DirectBuffer {
  return Buffer.allocUnsafeSlow(sizeBytes) as DirectBuffer
}

/** Decoding is synchronous and ends in a string, so one buffer serves all: 0.69 of the time of Buffer.from (docs/performance.md). */
let scratch = allocate(64 * 1024)

function utf8OfBase64(data: string): string {
  // Base64 has at most 3 bytes in 4 characters; a record is 10 MiB at most, so the buffer stays bounded.
  if (data.length > scratch.length) scratch = allocate(data.length)
  return scratch.utf8Slice(0, scratch.base64Write(data, 0, scratch.length))
}

function parse(record: string): unknown {
  try {
    return JSON.parse(record)
  } catch (cause) {
    if (/^\s*$/.test(record)) return NOTHING
    throw new MillraceError('BAD_VALUE', `record is not JSON: ${(cause as Error).message}; for other formats use text(), bytes() or a decoder of one's own`, {
      cause,
    })
  }
}
