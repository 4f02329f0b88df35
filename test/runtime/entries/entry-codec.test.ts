import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decompress } from '../../../lib/codec/rows.ts'
import { decodeEntry, encodeEntry } from '../../../lib/runtime/entries/entry-codec.ts'
import type { BatchEntry, Entry } from '../../../lib/runtime/entries/entry.ts'
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

  test.each(names)('%s is written the same, but for the compression', (name) => {
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
    newer[1] = 4
    expect(() => decodeEntry(newer)).toThrow(/version 4, and this program reads versions up to 3; a newer Millrace has written it: deploy that version/)
  })

  test('what somebody else wrote is told', () => {
    expect(() => decodeEntry(Buffer.from('{"hello": "world"}'))).toThrow(/18 bytes that begin with 0x7b, but an entry begins with 0xd5/)
  })
})
