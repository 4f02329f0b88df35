import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32 } from 'node:zlib'
import { compress, decodeValue, decompress, encodeRows, encodeValue } from '../../../lib/codec/rows.ts'
import { decodeEntry, encodeEntry } from '../../../lib/runtime/entries/entry-codec.ts'
import type { BatchEntry, Entry, TaskEntry } from '../../../lib/runtime/entries/entry.ts'
import { entryOfJson } from '../../fixtures/entries/entry-json.ts'

const folder = new URL('../../fixtures/entries/', import.meta.url)
const read = (name: string): Buffer => readFileSync(new URL(name, folder))
const names = readdirSync(folder).flatMap((name) => (name.endsWith('.bin') ? [name.slice(0, -4)] : []))

describe('entries written by earlier versions', () => {
  test('are there for every kind', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'v1-batch',
        'v1-input',
        'v1-receiver',
        'v1-receiver-empty',
        'v1-task',
        'v1-task-gone',
        'v2-task',
        'v3-batch-closes',
        'v3-receiver',
        'v4-batch',
        'v4-batch-run',
        'v4-batch-source',
        'v4-input-source',
        'v4-receiver-carry',
        'v4-batch-shape',
        'v4-batch-removed',
        'v4-batch-homes',
        'v4-task-unmoved',
        'v4-task-removed',
        'v4-task-left',
        'v4-task-table',
        'v4-plots',
        'v4-input',
        'v4-receiver',
        'v4-task',
      ]),
    )
  })

  test.each(names)('%s is read for ever', (name) => {
    expect(decodeEntry(read(`${name}.bin`))).toStrictEqual(entryOfJson(read(`${name}.json`).toString()))
  })

  // Compressed bytes differ between versions of zstd: what counts is what they decode to.
  test.each(names)('%s comes back when it is written anew', (name) => {
    const entry = entryOfJson(read(`${name}.json`).toString())
    expect(decodeEntry(encodeEntry(entry))).toStrictEqual(entry)
  })

  test.each(names.filter((name) => name.startsWith('v4')))('%s is written the same, but for the compression', (name) => {
    const bytes = read(`${name}.bin`)
    const bodyOf = (entry: Uint8Array): Uint8Array => decompress(entry.subarray(6))
    expect(bodyOf(encodeEntry(decodeEntry(bytes)))).toStrictEqual(bodyOf(bytes))
  })
})

describe('entries', () => {
  const position = fc.record({ sequenceNumber: fc.stringMatching(/^[1-9][0-9]{0,55}$/), index: fc.nat() }, { noNullPrototype: true })
  const whole = fc.maxSafeNat()
  const row = fc.record(
    { stream: fc.string(), shard: fc.string(), from: fc.nat(), to: fc.integer({ min: -1 }), floor: whole, last: fc.option(position), holds: fc.nat() },
    { noNullPrototype: true, requiredKeys: ['stream', 'shard', 'from', 'to', 'floor', 'last'] },
  )
  const batch = fc.record<BatchEntry>(
    {
      kind: fc.constant('batch'),
      deploy: fc.nat(),
      id: fc.string(),
      at: whole,
      time: whole,
      tasks: fc.array(fc.tuple(fc.string(), fc.integer({ min: 1, max: 64 }))),
      inputs: fc.integer({ min: -1 }),
      full: fc.boolean(),
      fullAt: whole,
      rows: fc.array(row),
      keeps: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      run: fc.string(),
      closes: fc.record(
        { names: fc.array(fc.string()), attributes: fc.dictionary(fc.string(), fc.option(whole), { noNullPrototype: true }) },
        { noNullPrototype: true },
      ),
    },
    { noNullPrototype: true, requiredKeys: ['kind', 'deploy', 'id', 'at', 'time', 'tasks', 'inputs', 'full', 'fullAt', 'rows', 'keeps'] },
  )

  test('come back, whatever names and numbers are in them', () => {
    fc.assert(fc.property(batch, (entry) => isDeepStrictEqual(decodeEntry(encodeEntry(entry)), entry)))
  })

  test('share no memory with their bytes', () => {
    const entry = entryOfJson(read('v1-receiver.json').toString())
    const bytes = encodeEntry(entry)
    const back = decodeEntry(bytes)
    bytes.fill(0)
    expect(back).toStrictEqual(entry)
  })

  test('are small: the table of 300 shards, of which each had a few entries, takes less than 4 KB', () => {
    const entry = entryOfJson(read('v1-batch.json').toString()) as BatchEntry
    const rows = Array.from({ length: 300 }, (_, i) => ({
      stream: 'flights',
      shard: `shardId-${String(i).padStart(12, '0')}`,
      from: 100 + (i % 3),
      to: 100 + (i % 5),
      floor: 0,
      last: null,
    }))
    expect(encodeEntry({ ...entry, rows }).length).toBeLessThan(4_096)
  })
})

describe('fields by name', () => {
  /** An entry of version 4 as another release may write it: `[kind, deploy, id, at, ...]` and whatever stands behind. */
  const written = (fields: readonly unknown[]): Uint8Array => {
    const body = compress(encodeValue(fields))
    const header = Buffer.from([0xd5, 4, 0, 0, 0, 0])
    header.writeUInt32BE(crc32(body, 4), 2)
    return Buffer.concat([header, body])
  }
  const KINDS = { receiver: 0, input: 1, batch: 2, task: 3 } as const
  const fieldsOf = (name: string): readonly unknown[] => decodeValue(decompress(read(`${name}.bin`).subarray(6))) as readonly unknown[]
  const json = (name: string): Entry => entryOfJson(read(`${name}.json`).toString())
  /** The fields of a fixture, and another field by name behind them. */
  const withField = (name: keyof typeof KINDS, field: string): Uint8Array => {
    const fields = fieldsOf(`v4-${name}`)
    const count = { receiver: 13, input: 6, batch: 11, task: 15 }[name]
    return written([...fields.slice(0, count), { ...(fields[count] as object | undefined), [field]: { any: ['thing'] } }])
  }

  test.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('one that may be ignored and is not known is left out of a %s entry', (kind) => {
    expect(decodeEntry(withField(kind, 'fromTheFuture'))).toStrictEqual(json(`v4-${kind}`))
  })

  test.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('one that is required and not known refuses a %s entry, with the deploy that wrote it', (kind) => {
    expect(() => decodeEntry(withField(kind, 'fromTheFuture!'), 'entry x#1')).toThrow(
      expect.objectContaining({
        code: 'CORRUPT_ENTRY',
        message: `entry x#1 cannot be read: it has the field 'fromTheFuture!' (of a ${kind}), without which it must not be read; a newer Millrace has written it, with deploy ${json(`v4-${kind}`).deploy}: deploy that version, or a later one`,
      }),
    )
  })

  test('the same in the rows of a batch, in blocks and in outputs', () => {
    const batch = fieldsOf('v4-batch')
    const row = ['s', 'shard', 0, 3, 0, null, 0]
    const rowed = (more: object): Uint8Array => written([...batch.slice(0, 9), encodeRows([[...row, more]]), batch[10]])
    expect((decodeEntry(rowed({ later: 1, 'holds!': 7 })) as BatchEntry).rows).toStrictEqual([
      { stream: 's', shard: 'shard', from: 0, to: 3, floor: 0, last: null, holds: 7 },
    ])
    expect(() => decodeEntry(rowed({ 'later!': 1 }))).toThrow(/it has the field 'later!' \(of a row\)/)
    const task = fieldsOf('v4-task')
    const blocked = (data: readonly unknown[], more: object): Uint8Array => written([...task.slice(0, 6), [[5, 'x', 1, 2, ...data, more]], ...task.slice(7)])
    for (const [data, bytes] of [
      [[new Uint8Array([1])], { inline: new Uint8Array([1]) }],
      [['k', 0, 9], { key: 'k', offset: 0, length: 9 }],
      [['k', 0, 9, 12], { key: 'k', offset: 0, length: 9, rawLength: 12 }],
    ] as const) {
      expect((decodeEntry(blocked(data, { later: 1 })) as TaskEntry).blocks).toStrictEqual([{ time: 5, exchange: 'x', partition: 1, rows: 2, data: bytes }])
      expect(() => decodeEntry(blocked(data, { 'later!': 1 }))).toThrow(/it has the field 'later!' \(of a block\)/)
    }
    const put = (more: object): Uint8Array => written([...task.slice(0, 7), [['op', 'rows', '', 2, new Uint8Array([1]), more]], ...task.slice(8)])
    expect((decodeEntry(put({ later: 1 })) as TaskEntry).outputs[0]).toStrictEqual({
      operator: 'op',
      kind: 'rows',
      directory: '',
      rows: 2,
      data: { inline: new Uint8Array([1]) },
    })
    expect(() => decodeEntry(put({ 'later!': 1 }))).toThrow(/it has the field 'later!' \(of a output\)/)
  })

  test('a kind of entry that is not known is refused as a newer release', () => {
    expect(() => decodeEntry(written([9, 4, 'id', 0]))).toThrow(
      /it is of kind 9, which this program does not know; a newer Millrace has written it, with deploy 4/,
    )
  })
})

describe('bytes that are no entry', () => {
  const entry: Entry = entryOfJson(read('v1-task.json').toString())
  const good = encodeEntry(entry)

  test('every flipped bit is noticed', () => {
    for (let i = 0; i < good.length; i++) {
      const damaged = good.slice()
      damaged[i]! ^= 1 << (i % 8)
      expect(() => decodeEntry(damaged, 'task/stage-1x4/0 entry 7')).toThrow(
        expect.objectContaining({ code: 'CORRUPT_ENTRY', message: expect.stringMatching(/^task\/stage-1x4\/0 entry 7 cannot be read: /) }),
      )
    }
  })

  test('every truncation is noticed', () => {
    for (let length = 0; length < good.length; length++)
      expect(() => decodeEntry(good.slice(0, length))).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }))
  })

  test('a newer version is told from damage, with what to do', () => {
    const newer = good.slice()
    newer[1] = 5
    expect(() => decodeEntry(newer)).toThrow(/version 5, and this program reads versions up to 4; a newer Millrace has written it: deploy that version/)
  })

  test('what somebody else wrote is told', () => {
    expect(() => decodeEntry(Buffer.from('{"hello": "world"}'))).toThrow(/18 bytes that begin with 0x7b, but an entry begins with 0xd5/)
  })
})
