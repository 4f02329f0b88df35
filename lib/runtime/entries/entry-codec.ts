// This file is long because the shapes of all entries stand here, as they are written beside how they are read.
import { crc32 } from 'node:zlib'
import { compress, decodeRows, decodeValue, decompress, encodeRows, encodeValue } from '../../codec/rows.ts'
import { MillraceError } from '../../values/errors.ts'
import { notInReceive } from '../../values/in-receive.ts'
import type { BatchEntry, Block, Bytes, Entry, Output, PlotsEntry, ReceiverEntry, Row, SnapshotRef, TaskEntry, Told } from './entry.ts'
import { named, propertiesOf, UnknownField } from './named-fields.ts'

// An entry on disk: MAGIC, VERSION, CRC-32 of the rest (big-endian), compressed fields: by position, and behind them (from version 4 on) an object of fields by name.
// A new field is one by name (named-fields.ts) and no new version. Every version stays readable for ever (test/fixtures/entries).
// 2: a snapshot may be a manifest, a row of a batch may hold others; all else is as in 1.
// 3: a batch may close the one before, spilled bytes say how long they are uncompressed; the checksum covers the version.
// 4: fields by name, of entries and of their rows, blocks and outputs; what was optional by position is one of them.
const MAGIC = 0xd5
const VERSION = 4
const READ_VERSIONS: readonly number[] = [1, 2, 3, VERSION]
const HEADER_BYTES = 6

const RECEIVER = 0
const INPUT = 1
const BATCH = 2
const TASK = 3
const PLOTS = 4

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
  let deploy: unknown
  try {
    const fields = decodeValue(decompress(body)) as Fields
    deploy = fields[1]
    return entryOf(fields, version)
  } catch (cause) {
    if (cause instanceof UnknownField)
      throw corrupt(where, `${cause.message}; a newer Millrace has written it, with deploy ${String(deploy)}: deploy that version, or a later one`)
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
        ...named('receiver', more),
      ]
    }
    case 'input': {
      const { kind: _, deploy, id, at, stream, shard, ...more } = entry
      return [INPUT, deploy, id, at, stream, shard, ...named('input', more)]
    }
    case 'batch':
      return import.meta.inReceive ? notInReceive() : batchFields(entry)
    case 'task':
      return import.meta.inReceive ? notInReceive() : taskFields(entry)
    case 'plots':
      return import.meta.inReceive ? notInReceive() : plotsFields(entry)
  }
}

function batchFields(entry: BatchEntry): Fields {
  const { kind: _, deploy, id, at, time, tasks, inputs, full, fullAt, rows, keeps, ...more } = entry
  return [BATCH, deploy, id, at, time, tasks, inputs, full, fullAt, encodeRows(rowsFields(rows)), keeps, ...named('batch', more)]
}

function plotsFields({ kind: _, deploy, id, at, time, plots, dashboard, ...more }: PlotsEntry): Fields {
  return [PLOTS, deploy, id, at, time, plots, dashboard && [dashboard.title, dashboard.rows], ...nothing(more)]
}

function taskFields(entry: TaskEntry): Fields {
  const { kind: _, deploy, id, at, changes, changedKeys, blocks, outputs, nextDue, snapshot, tailBytes, deadLetters, skipped, gone, tables, ...more } = entry
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
    ...named('task', more),
  ]
}

/** Of what has no fields by name: a property that somebody adds does not compile before it is written. */
function nothing(_more: Readonly<Record<string, never>>): readonly [] {
  return []
}

function entryOf([kind, ...fields]: Fields, version: number): Entry {
  const [deploy, id, at, ...rest] = fields as [number, string, number, ...unknown[]]
  const base = { deploy, id, at }
  switch (kind) {
    case RECEIVER: {
      const [sequenceNumber, index, maxTime, behind, records, times, blocks, dead, tables, more] = rest as [
        string,
        number,
        number,
        boolean,
        number,
        number[],
        Fields[],
        LetterFields,
        ReceiverEntry['tables'],
        unknown?,
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
        ...propertiesOf('receiver', more),
      }
    }
    case INPUT: {
      const [stream, shard, more] = rest as [string, string, unknown?]
      return { kind: 'input', ...base, stream, shard, ...propertiesOf('input', more) }
    }
    case BATCH: {
      const [time, tasks, inputs, full, fullAt, rows, keeps, ...more] = rest as [
        number,
        BatchEntry['tasks'],
        number,
        boolean,
        number,
        Uint8Array,
        BatchEntry['keeps'],
        ...unknown[],
      ]
      const entry = { kind: 'batch', ...base, time, tasks, inputs, full, fullAt, rows: (decodeRows(rows) as RowFields[]).map(rowOf), keeps } as const
      if (version >= 4) return { ...entry, ...propertiesOf('batch', more[0]) }
      const [names, attributes] = more as [Told['names']?, Told['attributes']?]
      return names === undefined || attributes === undefined ? entry : { ...entry, closes: { names, attributes } }
    }
    case TASK:
      return import.meta.inReceive ? notInReceive() : taskOf(base, rest)
    case PLOTS: {
      if (import.meta.inReceive) return notInReceive()
      const [time, plots, dashboard] = rest as [number, Uint8Array[], [string, string[][]] | null]
      return { kind: 'plots', ...base, time, plots, dashboard: dashboard && { title: dashboard[0], rows: dashboard[1] } }
    }
    default:
      throw new UnknownField(`it is of kind ${String(kind)}, which this program does not know`)
  }
}

function taskOf(base: Pick<TaskEntry, 'deploy' | 'id' | 'at'>, rest: Fields): TaskEntry {
  const [changes, changedKeys, blocks, outputs, nextDue, snapshot, tailBytes, dead, skipped, gone, tables, more] = rest as unknown as [
    BytesFields,
    number,
    Fields[],
    Fields[],
    number | null,
    SnapshotFields | null,
    number,
    LetterFields,
    string[],
    boolean,
    TaskEntry['tables'],
    unknown?,
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
    ...propertiesOf('task', more),
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

/** Splits off the fields by name, which stand behind bytes: none of their fields is an object. */
function splitNamed(fields: Fields): readonly [BytesFields, unknown] {
  const last = fields.at(-1)
  const isNamed = typeof last === 'object' && !(last instanceof Uint8Array)
  return isNamed ? [fields.slice(0, -1) as unknown as BytesFields, last] : [fields as unknown as BytesFields, undefined]
}

function blockFields({ time, exchange, partition, rows, data, ...more }: Block): Fields {
  return [time, exchange, partition, rows, ...bytesFields(data), ...named('block', more)]
}

function blockOf([time, exchange, partition, rows, ...rest]: Fields): Block {
  const [data, more] = splitNamed(rest)
  const block = { time, exchange, partition, rows, data: bytesOf(data) } as Block
  return more === undefined ? block : { ...block, ...propertiesOf('block', more) }
}

function outputFields({ operator, kind, directory, rows, data, ...more }: Output): Fields {
  return [operator, kind, directory, rows, ...bytesFields(data), ...named('output', more)]
}

function outputOf([operator, kind, directory, rows, ...rest]: Fields): Output {
  const [data, more] = splitNamed(rest)
  const output = { operator, kind, directory, rows, data: bytesOf(data) } as Output
  return more === undefined ? output : { ...output, ...propertiesOf('output', more) }
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

type RowFields = readonly [stream: string, shard: string, from: number, to: number, floor: number, sequenceNumber: string | null, index: number, more?: unknown]

/** Rows lie in columns: where one has fields by name, all have a place for them. */
function rowsFields(rows: readonly Row[]): readonly Fields[] {
  const more = rows.map(({ stream: _1, shard: _2, from: _3, to: _4, floor: _5, last: _6, ...rest }) => named('row', rest))
  const any = more.some((fields) => fields.length > 0)
  return rows.map(({ stream, shard, from, to, floor, last }, i) => {
    const fields = [stream, shard, from, to, floor, last && last.sequenceNumber, last ? last.index : 0]
    return any ? [...fields, more[i]?.[0] ?? null] : fields
  })
}

function rowOf([stream, shard, from, to, floor, sequenceNumber, index, more]: RowFields): Row {
  const row = { stream, shard, from, to, floor, last: sequenceNumber === null ? null : { sequenceNumber, index } }
  // Before version 4 `holds` had a place of its own.
  if (typeof more === 'number') return { ...row, holds: more }
  if (more === undefined || more === null) return row
  return { ...row, ...propertiesOf('row', more) }
}
