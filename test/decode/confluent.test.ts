import avsc from 'avsc'
import { expect, test } from 'vitest'
import { avro } from '../../lib/decode/schema-types.ts'
import { confluent, type SchemaMeta } from '../../lib/decode/confluent.ts'
import type { RecordMeta } from '../../lib/decode/decoder.ts'
import { isRowsDecoder } from '../../lib/decode/rows-decoder.ts'
import { time } from '../../lib/values/time.ts'

const meta: RecordMeta = { stream: 's', shardId: 'orders-0', sequenceNumber: '1', partitionKey: 'k', arrivalTime: time(0) }
const Old = avsc.Type.forSchema({ type: 'record', name: 'Old', fields: [{ name: 'id', type: 'int' }] })
const New = avsc.Type.forSchema({ type: 'record', name: 'New', fields: [{ name: 'id', type: 'string' }] })
const wire = (schemaId: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0, schemaId >>> 24, schemaId >>> 16, schemaId >>> 8, schemaId]), bytes])

const types = new Map<number, { decode(data: Uint8Array, of: RecordMeta): unknown }>([
  [7, avro(Old)],
  [0x01020304, avro(New)],
])
const decoder = confluent({ decode: (data: Uint8Array, of: SchemaMeta) => ({ ...(types.get(of.schemaId)!.decode(data, of) as object), schema: of.schemaId }) })

test.each([
  ['a small id', wire(7, Old.toBuffer({ id: 5 })), { id: 5, schema: 7 }],
  ['an id of four bytes', wire(0x01020304, New.toBuffer({ id: 'x' })), { id: 'x', schema: 0x01020304 }],
])('%s', (_what, record, row) => expect(decoder.decode(record, meta)).toEqual(row))

test('an id above 2^31 is no negative number', () => {
  expect(confluent({ decode: (_data: Uint8Array, { schemaId }: SchemaMeta) => schemaId }).decode(wire(0xfffffffe, Buffer.alloc(0)), meta)).toBe(0xfffffffe)
})

test.each([[Buffer.from('{"id":1}')], [Buffer.from([0, 0, 0, 7])], [Buffer.alloc(0)]])('%o is refused', (record) => {
  expect(() => decoder.decode(record, meta)).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringMatching(/Confluent's wire format/) }))
})

test('rows know the id, too', () => {
  const rows = confluent({ split: (data: Uint8Array) => [...data], decodeRow: (part: unknown, { schemaId }: SchemaMeta) => [part, schemaId] })
  if (!isRowsDecoder(rows)) throw new Error('no rows')
  expect(Array.from(rows.split(wire(9, Buffer.from([1, 2])), meta), (part) => rows.decodeRow(part, meta))).toEqual([
    [1, 9],
    [2, 9],
  ])
})
