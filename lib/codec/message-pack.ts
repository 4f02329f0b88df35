// The MessagePack that the log is written in (https://github.com/msgpack/msgpack/blob/master/spec.md): nil, booleans, integers of up to 32 bits, float 64, str, bin, array and map, each in its
// shortest form, and `undefined` as extension type 0. docs/decisions/0003-own-message-pack.md says why it is our own.

/** First bytes. Of a length: with one byte of it; the forms with two and with four follow. Short lengths are in the first byte itself. */
export const NIL = 0xc0
export const FALSE = 0xc2
export const TRUE = 0xc3
export const BIN = 0xc4
export const FLOAT = 0xcb
export const UINT = 0xcc
export const INT = 0xd0
/** Extension with one byte of data: its type and the byte are both 0 in the only one there is, `undefined`. */
export const EXTENSION = 0xd4
export const STR = 0xd9
export const ARRAY = 0xdc // no form with one byte
export const MAP = 0xde // no form with one byte
export const SHORT_MAP = 0x80
export const SHORT_ARRAY = 0x90
export const SHORT_STR = 0xa0

/** Buffer's own methods behind write and toString: a tenth faster, untyped in Node's declarations, there since Node 0.x. */
export type DirectBuffer = Buffer & {
  utf8Write(text: string, offset: number): number
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}
