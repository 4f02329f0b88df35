// Decoders of what people put on streams, with records as the services send them.
import { gzipSync, zstdCompressSync } from 'node:zlib'
import avsc from 'avsc'
import protobufjs from 'protobufjs'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import {
  avro,
  cloudWatchLogs,
  dynamoDbChange,
  eventBridge,
  gunzip,
  json,
  jsonLines,
  lines,
  protobuf,
  sns,
  text,
  zstd,
  type AnyDecoder,
  type RecordMeta,
} from '../../lib/index.ts'
import { isRowsDecoder } from '../../lib/decode/rows-decoder.ts'

const META = {} as RecordMeta

/** The rows of a record; a bad one is its message. */
function rowsOf(decoder: AnyDecoder<unknown>, data: Uint8Array | string): unknown[] {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const attempt = (decode: () => unknown): unknown => {
    try {
      return decode()
    } catch (error) {
      return { bad: (error as Error).message }
    }
  }
  return isRowsDecoder(decoder)
    ? Array.from(decoder.split(bytes, META), (part) => attempt(() => decoder.decodeRow(part, META)))
    : [attempt(() => decoder.decode(bytes, META))]
}
const bad = (message: RegExp): unknown => ({ bad: expect.stringMatching(message) })

describe('lines()', () => {
  it.each<[string, readonly string[]]>([
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb', ['a', 'b']],
    ['\ufeffa\n\nb\n', ['a', '', 'b']],
    ['', []],
  ])('cuts %j', (data, rows) => {
    expect(rowsOf(lines(), data)).toEqual(rows)
  })
})

describe('jsonLines()', () => {
  it.each<[string, readonly unknown[]]>([
    ['{"a":1}\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ['{"a":1}\r\n\r\n  {"a":2}', [{ a: 1 }, { a: 2 }]],
    ['{"a":"}{\\""}{"b":[1,{"c":"]"}]} [3]', [{ a: '}{"' }, { b: [1, { c: ']' }] }, [3]]],
    ['1\n"two"\nnull', [1, 'two', null]],
    ['{"a":1}\nbad\n{"a":2}', [{ a: 1 }, bad(/row is not JSON/), { a: 2 }]],
    ['{"a":\n{"a":2}', [bad(/row is not JSON/), { a: 2 }]],
    ['{"a":1}}{"b":2}', [{ a: 1 }, bad(/row is not JSON/)]],
  ])('takes apart %j', (data, rows) => {
    expect(rowsOf(jsonLines(), data)).toEqual(rows)
  })

  it('validates each', () => {
    expect(rowsOf(jsonLines(v.object({ a: v.number() })), '{"a":1}\n{"a":"x"}')).toEqual([{ a: 1 }, bad(/does not fit the valibot schema: .*number/)])
  })
})

describe('compressed records', () => {
  it.each<[string, AnyDecoder<unknown>, Uint8Array, readonly unknown[]]>([
    ['gzip of text', gunzip(text()), gzipSync('hello'), ['hello']],
    ['gzip of lines', gunzip(jsonLines()), gzipSync('1\n2'), [1, 2]],
    ['zstd of JSON', zstd(json()), zstdCompressSync('{"a":1}'), [{ a: 1 }]],
  ])('%s', (_what, decoder, data, rows) => {
    expect(rowsOf(decoder, data)).toEqual(rows)
  })

  it('that are damaged, cut off, or hold too much say so', () => {
    expect(rowsOf(gunzip(text()), 'plain')).toEqual([bad(/record of 5 bytes is no gzip that can be unpacked/)])
    expect(rowsOf(gunzip(text()), gzipSync('hello').subarray(0, 15))).toEqual([bad(/no gzip that can be unpacked/)])
    expect(rowsOf(gunzip(text()), gzipSync(Buffer.alloc(65 * 1024 * 1024)))).toEqual([bad(/holds more than 64 MiB/)])
    expect(rowsOf(zstd(text()), zstdCompressSync(Buffer.alloc(65 * 1024 * 1024)))).toEqual([bad(/holds more than 64 MiB/)])
  })
})

describe('cloudWatchLogs()', () => {
  const message = (messageType: string, logEvents: readonly unknown[]): Uint8Array =>
    gzipSync(
      JSON.stringify({
        messageType,
        owner: '123456789012',
        logGroup: '/aws/lambda/f',
        logStream: '2026/11/30/[$LATEST]ab',
        subscriptionFilters: ['all'],
        logEvents,
      }),
    )

  it('is a row per line of the log, and none of a control message', () => {
    const events = [
      { id: '3955', timestamp: 1_764_000_000_000, message: 'START RequestId: 1\n' },
      { id: '3956', timestamp: 1_764_000_000_001, message: 'END' },
    ]
    const where = { owner: '123456789012', logGroup: '/aws/lambda/f', logStream: '2026/11/30/[$LATEST]ab' }
    expect(rowsOf(cloudWatchLogs(), message('DATA_MESSAGE', events))).toEqual(events.map((event) => ({ ...event, ...where })))
    expect(
      rowsOf(
        cloudWatchLogs(),
        message('CONTROL_MESSAGE', [{ id: '', timestamp: 1, message: 'CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.' }]),
      ),
    ).toEqual([])
  })
})

describe('sns()', () => {
  it('hands its message on, and refuses what is no notification', () => {
    const notification = {
      Type: 'Notification',
      MessageId: 'm',
      TopicArn: 'arn:aws:sns:eu-west-1:1:t',
      Message: '{"a":1}',
      Timestamp: '2026-11-30T23:00:00.000Z',
    }
    expect(rowsOf(sns(json()), JSON.stringify(notification))).toEqual([{ a: 1 }])
    expect(rowsOf(sns(jsonLines()), JSON.stringify({ ...notification, Message: '1\n2' }))).toEqual([1, 2])
    expect(rowsOf(sns(json()), JSON.stringify({ Type: 'SubscriptionConfirmation', Message: 'm' }))).toEqual([
      bad(/Type the string "SubscriptionConfirmation"; it takes notifications/),
    ])
  })
})

describe('eventBridge()', () => {
  const event = {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '123456789012',
    time: '2026-11-30T23:00:00Z',
    region: 'eu-west-1',
    resources: ['arn:aws:s3:::bucket'],
    detail: { size: 5 },
  }
  it('is the event; with a schema its detail is validated', () => {
    expect(rowsOf(eventBridge(), JSON.stringify(event))).toEqual([event])
    expect(rowsOf(eventBridge(v.object({ size: v.number() })), JSON.stringify(event))).toEqual([event])
    expect(rowsOf(eventBridge(v.object({ size: v.string() })), JSON.stringify(event))).toEqual([bad(/does not fit/)])
    expect(rowsOf(eventBridge(), '{"a":1}')).toEqual([bad(/without source and detail-type/)])
  })
})

describe('dynamoDbChange()', () => {
  const decode = (record: unknown): unknown => rowsOf(dynamoDbChange(), JSON.stringify(record))[0]
  const record = {
    awsRegion: 'eu-west-1',
    eventID: 'c9fbe7d0',
    eventName: 'MODIFY',
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'accounts',
    dynamodb: {
      ApproximateCreationDateTime: 1_764_000_000_123,
      Keys: { id: { S: 'a' } },
      OldImage: { id: { S: 'a' }, n: { N: '1' } },
      NewImage: {
        id: { S: 'a' },
        n: { N: '2' },
        big: { N: '9007199254740993' },
        price: { N: '19.99' },
        fine: { N: '0.12345678901234567890123456789' },
        small: { N: '-1.5E-10' },
        zero: { N: '0' },
        tags: { SS: ['x', 'y'] },
        ids: { NS: ['1', '18446744073709551616'] },
        raw: { B: 'AQI=' },
        on: { BOOL: true },
        none: { NULL: true },
        list: { L: [{ S: 'l' }, { M: { deep: { N: '3' } } }] },
      },
      SizeBytes: 120,
    },
    eventSource: 'aws:dynamodb',
  }

  it('keeps every digit', () => {
    expect(decode(record)).toEqual({
      name: 'MODIFY',
      table: 'accounts',
      keys: { id: 'a' },
      before: { id: 'a', n: 1 },
      after: {
        id: 'a',
        n: 2,
        big: 9_007_199_254_740_993n,
        price: 19.99,
        fine: '0.12345678901234567890123456789',
        small: -1.5e-10,
        zero: 0,
        tags: new Set(['x', 'y']),
        ids: new Set([1, 18_446_744_073_709_551_616n]),
        raw: new Uint8Array([1, 2]),
        on: true,
        none: null,
        list: ['l', { deep: 3 }],
      },
      at: 1_764_000_000_123,
      expired: false,
    })
  })

  it.each([
    [1_764_000_000, undefined],
    [1_764_000_000_000, 'MILLISECOND'],
    [1_764_000_000_000_000, 'MICROSECOND'],
  ])('takes %d of %s as the same time', (at, precision) => {
    const changed = { ...record, dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: at, ApproximateCreationDateTimePrecision: precision } }
    expect(decode(changed)).toMatchObject({ at: 1_764_000_000_000 })
  })

  it('knows what has expired, and what is no change', () => {
    const removed = { ...record, eventName: 'REMOVE', userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }
    expect(decode(removed)).toMatchObject({ name: 'REMOVE', expired: true })
    expect(decode({ a: 1 })).toEqual(bad(/eventName undefined; it must be INSERT, MODIFY or REMOVE/))
  })
})

describe('avro() and protobuf()', () => {
  it('give plain rows by the types of the libraries', () => {
    const order = avsc.Type.forSchema({
      type: 'record',
      name: 'Order',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'lines', type: { type: 'array', items: 'int' } },
        { name: 'raw', type: 'bytes' },
      ],
    })
    const value = { id: 'a', lines: [1, 2], raw: Buffer.from([1]) }
    const [row] = rowsOf(avro(order), order.toBuffer(value)) as [object]
    expect(row).toEqual({ id: 'a', lines: [1, 2], raw: new Uint8Array([1]) })
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    expect(rowsOf(avro(order), Buffer.from([200]))).toEqual([bad(/./)])
  })

  it('makes 64-bit numbers and enums of protobuf text', () => {
    const root = protobufjs.parse(
      'syntax = "proto3"; enum Kind { NONE = 0; SALE = 1; } message Order { string id = 1; int64 at = 2; Kind kind = 3; bytes raw = 4; }',
    ).root
    const order = root.lookupType('Order')
    const data = order.encode(order.fromObject({ id: 'a', at: '9007199254740993', kind: 'SALE', raw: new Uint8Array([1]) })).finish()
    const [row] = rowsOf(protobuf(order), data) as [object]
    expect(row).toEqual({ id: 'a', at: '9007199254740993', kind: 'SALE', raw: new Uint8Array([1]) })
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })
})
