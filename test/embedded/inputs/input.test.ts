// How bytes become records: lines, arrays, arrival times and partition keys; and where a run ends.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lastBatchTime } from '../../../lib/embedded/batch-grid.ts'
import { openInputFile, type InputFile } from '../../../lib/embedded/inputs/input-file.ts'
import { MAX_RECORD_BYTES, readLines } from '../../../lib/embedded/inputs/read-lines.ts'
import { DateReader, parseStart } from '../../../lib/embedded/inputs/parse-date.ts'
import { recordRule, type RecordRuleOptions } from '../../../lib/embedded/inputs/record-rule.ts'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import { planJob } from '../../../lib/plan/plan-job.ts'

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const one of texts) yield Buffer.from(one)
}

async function linesOf(lines: AsyncIterable<readonly Uint8Array[]>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const some of lines) all.push(...some.map((line) => Buffer.from(line).toString()))
  return all
}

describe('lines', () => {
  test.each<{ what: string; input: readonly string[]; lines: readonly string[] }>([
    { what: 'nothing', input: [], lines: [] },
    { what: 'an empty line', input: ['\n'], lines: [''] },
    { what: 'a last line without its newline', input: ['a\nb'], lines: ['a', 'b'] },
    { what: 'chunks cut anywhere', input: ['a', 'b\nc', '', '\n\nd'], lines: ['ab', 'c', '', 'd'] },
    { what: 'carriage returns before newlines, and only those', input: ['a\r\nb\rc\r', '\nd\r'], lines: ['a', 'b\rc', 'd'] },
  ])('$what', async ({ input, lines }) => {
    expect(await linesOf(readLines(chunks(...input), 'in'))).toEqual(lines)
  })

  test('one that no Kinesis record can hold stops with its number, whether its end comes or not', async () => {
    const piece = 'x'.repeat(1 << 20)
    const long = Array.from({ length: MAX_RECORD_BYTES / piece.length }, () => piece)
    expect((await linesOf(readLines(chunks('a\n', ...long, '\nb'), 'in'))).map((line) => line.length)).toEqual([1, MAX_RECORD_BYTES, 1])
    for (const rest of [['x'], ['x\n'], ['xx', 'x'], ['xx\nb\n']])
      await expect(linesOf(readLines(chunks('a\n', ...long, ...rest), 'big.log'))).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(/^big\.log: line 2 is longer than 10485760 bytes \(10 MiB\), the most that a Kinesis record can hold; split it/),
      })
  })
})

describe('a file', () => {
  let folder: string
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-input-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each<{ name: string; content: string; records: readonly string[] }>([
    { name: 'lines.txt', content: 'a\n\nb', records: ['a', '', 'b'] },
    { name: 'empty.txt', content: '', records: [] },
    { name: 'array.json', content: ' [1,\n {"a": [2]}]\n', records: ['1', '{"a": [2]}'] },
    { name: 'array.txt', content: '[1,\n2]', records: ['[1,', '2]'] },
    { name: 'lines.json', content: '[1]\n[2]\n', records: ['[1]', '[2]'] },
    { name: 'objects.json', content: '{"a":1}\n{"a":2}\n', records: ['{"a":1}', '{"a":2}'] },
  ])('$name', async ({ name, content, records }) => {
    writeFileSync(join(folder, name), content)
    const file = (await openInputFile(join(folder, name))) as InputFile
    expect(await linesOf(file.lines())).toEqual(records)
    expect(await linesOf(file.lines())).toEqual(records)
    expect(file.records).toBe(records.length)
  })
})

describe('a record', () => {
  const START = 1_770_000_000_000
  const describeAll = (options: Partial<RecordRuleOptions>, lines: readonly string[]): readonly (readonly [number, string])[] => {
    const rule = recordRule({ startMs: START, intervalMs: 1000, rate: 4, keyField: undefined, timeField: undefined, timeScale: 1, ...options })
    return lines.map((line, i) => rule.describe(Buffer.from(line), i)!).map(({ arrivalMs, partitionKey }) => [arrivalMs - START, partitionKey])
  }

  test('arrives at start + i / rate, under a key of its own', () => {
    expect(describeAll({ rate: 3 }, ['a', 'b', 'c', 'd'])).toEqual([
      [0, '0'],
      [333, '1'],
      [666, '2'],
      [1000, '3'],
    ])
  })

  test('goes by a field where it is told to, whatever is in the line', () => {
    const lines = ['{"k":"x"}', '{"k":7}', '{"k":""}', '{"k":null}', 'no json', '[1]', '"text"', '{"k":{"a":1}}', `{"k":"${'y'.repeat(300)}"}`]
    expect(describeAll({ keyField: 'k', rate: 1000 }, lines).map(([, key]) => key)).toEqual(['x', '7', '2', '3', '4', '5', '6', '{"a":1}', 'y'.repeat(256)])
  })

  test('arrives by its date, never before the one before it; a day in a second', () => {
    const lines = ['2001-01-01T06:00:00Z', '2001-01-01 12:00', '2001/01/02', 'tomorrow', '2001-01-01', '2001-01-03T12:00:00+12:00'].map((at) =>
      JSON.stringify({ at }),
    )
    expect(describeAll({ timeField: 'at', timeScale: 86_400 }, lines).map(([ms]) => ms)).toEqual([250, 500, 1000, 1000, 1000, 2000])
  })

  test.each<[unknown, number | undefined]>([
    ['2001-02-03', Date.UTC(2001, 1, 3)],
    ['2001/2/3 4:05', Date.UTC(2001, 1, 3, 4, 5)],
    ['2001-02-03T04:05:06.789Z', Date.UTC(2001, 1, 3, 4, 5, 6, 789)],
    ['2001-02-03T04:05:06-01:30', Date.UTC(2001, 1, 3, 5, 35, 6)],
    [981_173_106_000.9, 981_173_106_000],
    ['3 Feb 2001', undefined],
    [Number.NaN, undefined],
    [null, undefined],
  ])('%j is the date %j', (value, ms) => expect(new DateReader({ unit: undefined, nearMs: 0 }).read(value)).toBe(ms))

  test.each(['2026-03-01', '2026-03-01T00:00:00Z', '1772323200000'])('--start %s', (value) => expect(parseStart(value)).toBe(Date.UTC(2026, 2, 1)))
})

describe('the last batch', () => {
  const plan = planJob(
    defineJob({ name: 'grid', batchInterval: seconds(2) }, (ssc) => {
      const lines = ssc.kinesisStream('lines', text())
      lines.window(seconds(12), seconds(4)).saveAsTextFiles('four')
      lines.window(seconds(12), seconds(6)).saveAsTextFiles('six')
    }),
  )
  // Both windows slide every 12 s.
  test.each([
    { last: 0, drain: 0, end: 12_000 },
    { last: 11_999, drain: 0, end: 12_000 },
    { last: 12_000, drain: 0, end: 24_000 },
    { last: 5_000, drain: 1, end: 24_000 },
    { last: 5_000, drain: 12_000, end: 24_000 },
  ])('after a record at $last ms, drained for $drain ms, is that of $end ms', ({ last, drain, end }) => {
    expect(lastBatchTime(plan, { lastArrivalMs: last, drainMs: drain })).toBe(end)
  })
})
