import type { Decoder } from './decoder.ts'

/** A type of a library for Avro: avsc's `Type.forSchema(schema)` is one. */
export interface AvroType<T> {
  fromBuffer(data: Buffer): T
}

/** A type of a library for protobuf: of protobufjs (`root.lookupType(...)`, or generated), of ts-proto. */
export interface ProtobufType<T> {
  decode(data: Uint8Array): T
  /** protobufjs: makes a plain object of a message, which is an instance of a class and cannot be stored. */
  toObject?(message: never, options?: Readonly<Record<string, unknown>>): unknown
}

/** Returns a decoder of records that are Avro, by a type of your own library, each a datum without header. What Confluent's producers put before it belongs to a decoder that knows them. */
export function avro<T>(type: AvroType<T>): Decoder<T> {
  return { decode: (data) => plain(type.fromBuffer(Buffer.from(data.buffer, data.byteOffset, data.byteLength))) as T }
}

/**
 * Returns a decoder of records that are one protobuf message, by a type of your own library. Of protobufjs the rows are plain objects: 64-bit numbers and enums as text, fields that are
 * absent with their defaults, unless `options` (those of its toObject) say otherwise.
 */
export function protobuf<T>(type: ProtobufType<T>, options: Readonly<Record<string, unknown>> = { longs: String, enums: String, defaults: true }): Decoder<T> {
  return {
    decode: (data) => {
      const message = type.decode(data)
      return (type.toObject === undefined ? message : plain(type.toObject(message as never, options))) as T
    },
  }
}

/** Libraries make records of classes of their own, and Buffers; rows are plain. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}
