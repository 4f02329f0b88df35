import { describe, expect, test } from 'vitest'
import { bytes, json, NOTHING, text, type Decoder, type RecordMeta, type StandardSchema } from '../../lib/decode/decoder.ts'
import { time } from '../../lib/values/time.ts'

const meta: RecordMeta = { stream: 's', shardId: 'shardId-000000000000', sequenceNumber: '1', partitionKey: 'k', arrivalTime: time(0) }
/** By both ways: what they throw must be the same too. */
function decode<T>(decoder: Decoder<T>, data: string | Uint8Array): T {
  const buffer = Buffer.from(data as string)
  const run = (f: () => T): unknown => {
    try {
      return f()
    } catch (error) {
      return error
    }
  }
  const slow = run(() => decoder.decode(buffer, meta))
  if (decoder.decodeBase64 !== undefined) expect(run(() => decoder.decodeBase64!(buffer.toString('base64')))).toEqual(slow)
  if (slow instanceof Error) throw slow
  return slow as T
}

describe('text', () => {
  test.each(['', 'a', 'Zürich 😀', '\ufeffwith a mark', 'line\nline', 'x'.repeat(200_000), 'é'.repeat(100_000)])('#%#', (line) => {
    expect(decode(text(), line)).toBe(line)
  })

  test('replaces what is no UTF-8, as Buffer does', () => {
    for (const data of [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80], [0x61, 0xf0, 0x9f, 0x62]])
      expect(decode(text(), Uint8Array.from(data))).toBe(Buffer.from(data).toString())
  })

  test('what was decoded before stays as it was', () => {
    const first = text().decodeBase64!(Buffer.from('first').toString('base64'))
    text().decodeBase64!(Buffer.from('other').toString('base64'))
    expect(first).toBe('first')
  })
})

test('bytes: a copy, never a Buffer', () => {
  const data = Buffer.from([1, 2])
  const out = bytes().decode(data, meta)
  data.fill(0)
  expect(out).toStrictEqual(new Uint8Array([1, 2]))
})

describe('json', () => {
  test.each(['{"a":[1,null,"x"]}', '5', '"text"', 'null', '[]'])('%s', (line) => {
    expect(decode(json(), line)).toEqual(JSON.parse(line))
  })

  test('keeps __proto__ as an ordinary name', () => {
    expect(Object.keys(decode(json(), '{"__proto__":{"a":1}}') as object)).toEqual(['__proto__'])
  })

  test.each(['', ' \r\n'])('%j is blank, and nothing', (line) => expect(decode(json(), line)).toBe(NOTHING))

  test.each(['{', 'hello', '{"a":1}{"b":2}'])('%j is no JSON, and the error says so', (line) => {
    expect(() => decode(json(), line)).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringMatching(/^record is not JSON: .*; for other formats use text\(\), bytes\(\)/) }),
    )
  })
})

/** A schema as zod, valibot and arktype make them. */
const schema = <T>(validate: (value: unknown) => unknown): StandardSchema<T> => ({ '~standard': { version: 1, vendor: 'test', validate } })

describe('json with a schema', () => {
  test('hands out what the schema makes of it', () => {
    const upper = schema<string>((value) => ({ value: String(value).toUpperCase() }))
    const out: string = decode(json(upper), '"abc"')
    expect(out).toBe('ABC')
    expect(decode(json(schema((value) => ({ value, issues: undefined }))), '1')).toBe(1)
  })

  test('a function may be a schema (arktype)', () => {
    expect(
      decode(
        json(
          Object.assign(
            () => 1,
            schema((value) => ({ value })),
          ),
        ),
        '7',
      ),
    ).toBe(7)
  })

  test('issues become one error, with their paths', () => {
    const issues = [{ message: 'must be a number', path: ['user', { key: 'ages' }, 0] }, { message: 'unknown field', path: [] }, { message: 'no path' }]
    expect(() => decode(json(schema(() => ({ issues }))), '{}')).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: 'record does not fit the test schema: user.ages.0: must be a number; unknown field; no path' }),
    )
  })

  test('names the first five issues', () => {
    const issues = Array.from({ length: 8 }, (_, i) => ({ message: `issue ${i}` }))
    expect(() => decode(json(schema(() => ({ issues }))), '{}')).toThrow(/issue 4; and 3 more$/)
  })

  test('refuses to validate asynchronously; a rejection of it harms nobody', async () => {
    for (const promise of [() => Promise.resolve({ value: 1 }), () => Promise.reject(new Error('never awaited'))]) {
      expect(() => decode(json(schema(promise)), '1')).toThrow(
        expect.objectContaining({ code: 'BAD_PROGRAM', message: expect.stringMatching(/validates asynchronously, .* take the asynchronous checks out/) }),
      )
    }
    await new Promise((done) => setImmediate(done)) // an unhandled rejection would fail the run here
  })

  test('refuses an answer that is none', () => {
    expect(() => decode(json(schema(() => undefined)), '1')).toThrow(/the test schema returned undefined from validate/)
  })

  test.each<[string, unknown]>([
    ['an object', {}],
    ['null', null],
    ['a newer version', { '~standard': { version: 2, vendor: 'x', validate: () => ({ value: 1 }) } }],
    ['no validate', { '~standard': { version: 1, vendor: 'x' } }],
    ['a text', 'x'],
  ])('refuses %s as a schema when the program is built', (_name, bad) => {
    expect(() => json(bad as never)).toThrow(
      expect.objectContaining({ code: 'BAD_PROGRAM', message: expect.stringMatching(/must be a Standard Schema of version 1/) }),
    )
  })
})
