// This file is long because the shapes of all entries stand here, as they are written beside how they are read.
import { crc32 } from 'node:zlib'
import { compress, decodeRows, decodeValue, decompress, encodeRows, encodeValue } from '../../codec/rows.ts'
import { MillraceError } from '../../values/errors.ts'
import type { BatchEntry, Block, Bytes, Entry, InputEntry, Output, ReceiverEntry, Row, SnapshotRef, TaskEntry, Told } from './entry.ts'

// An entry on disk: MAGIC, VERSION, CRC-32 of the rest (big-endian), compressed fields by position.
// A change of the fields is a new version; every version stays readable for ever (test/fixtures/entries).
// 2: a snapshot may be a manifest, a row of a batch may hold others; all else is as in 1.
// 3: a batch may close the one before, spilled bytes say how long they are uncompressed; the checksum covers the version.
const MAGIC = 0xd5
const VERSION = 3
const READ_VERSIONS: readonly number[] = [1, 2, VERSION]
const HEADER_BYTES = 6

const RECEIVER = 0
const INPUT = 1
const BATCH = 2
const TASK = 3

type Fields = readonly unknown[]

// What was encoded only to learn its length, until the put asks for it.
const measured = new WeakMap<Entry, Uint8Array>()

/** Returns how many bytes the entry takes. Encoding it next costs nothing: it must not change in between. */
export function measureEntry(entry: Entry): number {
  const bytes = encodeEntry(entry)
  measured.set(entry, bytes)
  return bytes.length
}

/** Returns the bytes of an entry. */
export function encodeEntry(entry: Entry): Uint8Array {
  const ready = measured.get(entry)
  if (ready !== undefined) {
    measured.delete(entry)
    return ready
  }
  const body = compress(encodeValue(fieldsOf(entry)))
  const bytes = new Uint8Array(HEADER_BYTES + body.length)
  bytes[0] = MAGIC
  bytes[1] = VERSION
  new DataView(bytes.buffer).setUint32(2, checksum(body, VERSION))
  bytes.set(body, HEADER_BYTES)
  return bytes
}

/** Returns the entry of the bytes. Throws CORRUPT_ENTRY; `where` says which entry it is, for the message. */
export function decodeEntry(bytes: Uint8Array, where = 'a log entry'): Entry {
  const [magic, version] = bytes
  if (bytes.length <= HEADER_BYTES || magic !== MAGIC) {
    throw corrupt(
      where,
      `${bytes.length} bytes that begin with ${magic === undefined ? 'nothing' : `0x${magic.toString(16)}`}, but an entry begins with 0x${MAGIC.toString(16)}; something else has written there, or it is damaged`,
    )
  }
  if (version === undefined || !READ_VERSIONS.includes(version)) {
    throw corrupt(
      where,
      `it is of version ${version}, and this program reads versions up to ${VERSION}; a newer Millrace has written it: deploy that version, or a later one`,
    )
  }
  const body = bytes.subarray(HEADER_BYTES)
  const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(2)
  const computed = checksum(body, version)
  if (computed !== sum)
    throw corrupt(
      where,
      `its ${bytes.length} bytes have the checksum ${computed}, but say ${sum}; they are damaged: restore the entry from a backup of the table`,
    )
  try {
    return entryOf(decodeValue(decompress(body)) as Fields)
  } catch (cause) {
    throw corrupt(where, `its checksum is right, but not its content: ${(cause as Error).message}; report this, with the entry`, cause)
  }
}

function checksum(body: Uint8Array, version: number): number {
  return crc32(body, version < 3 ? 0 : version)
}

function corrupt(where: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError('CORRUPT_ENTRY', `${where} cannot be read: ${what}`, { cause })
}

function fieldsOf(entry: Entry): Fields {
  switch (entry.kind) {
    case 'receiver': {
      const { kind: _, deploy, id, at, last, maxTime, behind, records, times, blocks, deadLetters, tables, ...more } = entry
      return [
        RECEIVER,
        deploy,
        id,
        at,
        last.sequenceNumber,
        last.index,
        maxTime,
        behind,
        records,
        times,
        blocks.map(blockFields),
        letters(deadLetters),
        tables,
        ...nothing(more),
      ]
    }
    case 'input': {
      const { kind: _, deploy, id, at, stream, shard, ...more } = entry
      return [INPUT, deploy, id, at, stream, shard, ...nothing(more)]
    }
    case 'batch': {
      const { kind: _, deploy, id, at, time, tasks, inputs, full, fullAt, rows, keeps, closes, ...more } = entry
      const fields = [BATCH, deploy, id, at, time, tasks, inputs, full, fullAt, encodeRows(rows.map(rowFields)), keeps, ...nothing(more)]
      return closes === undefined ? fields : [...fields, closes.names, closes.attributes]
    }
    case 'task': {
      const {
        kind: _,
        deploy,
        id,
        at,
        changes,
        changedKeys,
        blocks,
        outputs,
        nextDue,
        snapshot,
        tailBytes,
        deadLetters,
        skipped,
        gone,
        tables,
        ...more
      } = entry
      return [
        TASK,
        deploy,
        id,
        at,
        bytesFields(changes),
        changedKeys,
        blocks.map(blockFields),
        outputs.map(outputFields),
        nextDue,
        snapshot && snapshotFields(snapshot),
        tailBytes,
        letters(deadLetters),
        skipped,
        gone,
        tables,
        ...nothing(more),
      ]
    }
  }
}

/** Fields go by position, so a field that somebody adds to an entry must be added here too: this does not compile before it is. */
function nothing(_more: Readonly<Record<string, never>>): readonly [] {
  return []
}

function entryOf([kind, ...fields]: Fields): Entry {
  const [deploy, id, at, ...rest] = fields as [number, string, number, ...unknown[]]
  const base = { deploy, id, at }
  switch (kind) {
    case RECEIVER: {
      const [sequenceNumber, index, maxTime, behind, records, times, blocks, dead, tables] = rest as [
        string,
        number,
        number,
        boolean,
        number,
        number[],
        Fields[],
        LetterFields,
        ReceiverEntry['tables'],
      ]
      return {
        kind: 'receiver',
        ...base,
        last: { sequenceNumber, index },
        maxTime,
        behind,
        records,
        times,
        blocks: blocks.map(blockOf),
        deadLetters: lettersOf(dead),
        tables,
      }
    }
    case INPUT: {
      const [stream, shard] = rest as [string, string]
      return { kind: 'input', ...base, stream, shard } satisfies InputEntry
    }
    case BATCH: {
      const [time, tasks, inputs, full, fullAt, rows, keeps, names, attributes] = rest as [
        number,
        BatchEntry['tasks'],
        number,
        boolean,
        number,
        Uint8Array,
        BatchEntry['keeps'],
        Told['names']?,
        Told['attributes']?,
      ]
      const entry = { kind: 'batch', ...base, time, tasks, inputs, full, fullAt, rows: (decodeRows(rows) as RowFields[]).map(rowOf), keeps } as const
      return names === undefined || attributes === undefined ? entry : { ...entry, closes: { names, attributes } }
    }
    case TASK: {
      const [changes, changedKeys, blocks, outputs, nextDue, snapshot, tailBytes, dead, skipped, gone, tables] = rest as [
        BytesFields,
        number,
        Fields[],
        OutputFields[],
        number | null,
        SnapshotFields | null,
        number,
        LetterFields,
        string[],
        boolean,
        TaskEntry['tables'],
      ]
      return {
        kind: 'task',
        ...base,
        changes: bytesOf(changes),
        changedKeys,
        blocks: blocks.map(blockOf),
        outputs: outputs.map(outputOf),
        nextDue,
        snapshot: snapshot && snapshotOf(snapshot),
        tailBytes,
        deadLetters: lettersOf(dead),
        skipped,
        gone,
        tables,
      }
    }
    default:
      throw new Error(`unknown kind of entry ${String(kind)}`)
  }
}

type BytesFields = readonly [Uint8Array] | readonly [key: string, offset: number, length: number, rawLength?: number]

function bytesFields(bytes: Bytes): BytesFields {
  if ('inline' in bytes) return [bytes.inline]
  const { key, offset, length, rawLength, ...more } = bytes
  const fields = [key, offset, length, ...nothing(more)] as const
  return rawLength === undefined ? fields : [...fields, rawLength]
}

function bytesOf(fields: BytesFields): Bytes {
  if (fields.length === 1) return { inline: fields[0] }
  const [key, offset, length, rawLength] = fields
  return rawLength === undefined ? { key, offset, length } : { key, offset, length, rawLength }
}

function blockFields({ time, exchange, partition, rows, data, ...more }: Block): Fields {
  return [time, exchange, partition, rows, ...bytesFields(data), ...nothing(more)]
}

function blockOf(fields: Fields): Block {
  const [time, exchange, partition, rows, ...data] = fields as [number, string, number, number, ...BytesFields]
  return { time, exchange, partition, rows, data: bytesOf(data) }
}

type OutputFields = readonly [string, Output['kind'], string, number, ...BytesFields]

function outputFields({ operator, kind, directory, rows, data, ...more }: Output): OutputFields {
  return [operator, kind, directory, rows, ...bytesFields(data), ...nothing(more)]
}

function outputOf([operator, kind, directory, rows, ...data]: OutputFields): Output {
  return { operator, kind, directory, rows, data: bytesOf(data) }
}

type SnapshotFields = readonly [entry: number, keys: readonly string[]] | readonly [entry: number, key: string, offset: number, length: number]

function snapshotFields(ref: SnapshotRef): SnapshotFields {
  return 'keys' in ref ? [ref.entry, ref.keys] : [ref.entry, ref.manifest.key, ref.manifest.offset, ref.manifest.length]
}

function snapshotOf(fields: SnapshotFields): SnapshotRef {
  if (fields.length === 2) return { entry: fields[0], keys: fields[1] }
  const [entry, key, offset, length] = fields
  return { entry, manifest: { key, offset, length } }
}

type LetterFields = readonly [key: string, count: number] | null

function letters(ref: ReceiverEntry['deadLetters']): LetterFields {
  return ref && [ref.key, ref.count]
}

function lettersOf(fields: LetterFields): ReceiverEntry['deadLetters'] {
  return fields && { key: fields[0], count: fields[1] }
}

type RowFields = readonly [stream: string, shard: string, from: number, to: number, floor: number, sequenceNumber: string | null, index: number, holds?: number]

function rowFields({ stream, shard, from, to, floor, last, holds, ...more }: Row): RowFields {
  const fields = [stream, shard, from, to, floor, last && last.sequenceNumber, last ? last.index : 0, ...nothing(more)] as const
  return holds === undefined ? fields : [...fields, holds]
}

function rowOf([stream, shard, from, to, floor, sequenceNumber, index, holds]: RowFields): Row {
  const row = { stream, shard, from, to, floor, last: sequenceNumber === null ? null : { sequenceNumber, index } }
  return holds === undefined ? row : { ...row, holds }
}
