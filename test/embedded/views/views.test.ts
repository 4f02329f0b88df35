import { beforeEach, describe, expect, test } from 'vitest'
import { LiveView } from '../../../lib/embedded/views/live-view.ts'
import { PlainView } from '../../../lib/embedded/views/plain-view.ts'
import type { RunHeader, RunStatus, RunSummary } from '../../../lib/embedded/views/run-status.ts'

let nowMs: number
let written: string
beforeEach(() => {
  nowMs = 0
  written = ''
})
const write = (text: string): void => void (written += text)
const now = (): number => nowMs

const HEADER: RunHeader = { job: 'worst', shards: 4, intervalMs: 1000, speed: 3, state: './.millrace/worst.db', output: './out', movedTo: undefined }
const STATUS: RunStatus = {
  batches: 52,
  batchesInAll: 90,
  atMs: Date.UTC(2001, 1, 22),
  unit: 'day',
  records: 11_640,
  recordsInAll: 20_000,
  recordsPerSecond: 667,
  batchMs: { p50: 4.04, p99: 11 },
  delayMs: { p50: 40, p99: 400 },
  deadLetters: 0,
  table: ['{"origin":"ORD","flights":1204,"meanDelay":31.4}', '{"origin":"EWR","flights":688,"meanDelay":8}'],
}
const SUMMARY: RunSummary = {
  records: 20_000,
  batches: 90,
  deadLetters: 1,
  firstErrors: [{ operator: 'clean', error: 'TypeError: no (job.ts:3:9)', count: 1 }],
  allDead: false,
  deadLetterFile: './.millrace/worst/dead-letters.jsonl',
  results: ['./out/worst-*'],
}

const HEAD_LINE = 'worst · embedded · 4 shards · batch 1 s · clock x3 · state ./.millrace/worst.db · output ./out\n'
const STATUS_LINE = ' batch 52  22 Feb 2001   20 000 records  58 %   11 640 in   667 rec/s   batch 4 ms (p99 11)   delay 0.0 s (p99 0.4)   dead 0\n'
const BLOCK = [
  ' batch 52  22 Feb 2001   20 000 records ▕█████     ▏  58 %   11 640 in   667 rec/s   batch 4 ms (p99 11)   delay 0.0 s (p99 0.4)   dead 0',
  '   origin   flights   mean delay',
  '   ORD        1 204         31.4',
  '   EWR          688            8',
]
const END_LINES =
  'done: 20 000 records, 90 batches, 1 dead letter · results in ./out/worst-*\n  clean: TypeError: no (job.ts:3:9)\ndead letters, each with its record and error: ./.millrace/worst/dead-letters.jsonl\n'

describe('plain lines', () => {
  test('never overwrite: a header, a status every five seconds, what is printed, a summary', () => {
    const view = new PlainView(write, now)
    view.begin(HEADER)
    view.resume({ job: 'worst', batch: 53, batchesInAll: 90, records: 11_640, countedTwice: 0 })
    view.update(STATUS)
    nowMs = 5_000
    view.update(STATUS)
    nowMs = 9_999
    view.update(STATUS)
    view.print('row\n')
    view.print('another')
    view.end(SUMMARY)
    expect(written).toBe(`${HEAD_LINE}resumed worst at batch 53 of 90 (11 640 records committed, 0 counted twice)\n${STATUS_LINE}row\nanother\n${END_LINES}`)
    expect(written).not.toContain('\u001b')
  })

  test('say where old output went, and how fast the clock runs', () => {
    new PlainView(write, now).begin({ ...HEADER, shards: 1, intervalMs: 120_000, speed: Infinity, movedTo: './out.old/1' })
    expect(written).toBe(
      'worst · embedded · 1 shard · batch 2 min · clock as fast as it goes · state ./.millrace/worst.db · output ./out\nthe run before has finished: this one starts over, the old output is in ./out.old/1\n',
    )
  })

  test('know neither end nor delay of a standard input at full speed', () => {
    const view = new PlainView(write, now)
    nowMs = 5_000
    view.update({
      ...STATUS,
      batchesInAll: undefined,
      recordsInAll: undefined,
      delayMs: undefined,
      unit: 'second',
      atMs: Date.UTC(2001, 1, 22, 13, 5),
      table: [],
    })
    expect(written).toBe(' batch 52  13:05:00   11 640 in   667 rec/s   batch 4 ms (p99 11)   dead 0\n')
  })
})

/** What a terminal shows after a text: cursor up, carriage return, clear below. */
function screenOf(text: string): readonly string[] {
  const lines = ['']
  let row = 0
  for (const [token] of text.replaceAll('\u001b', '␛').matchAll(/␛\[\d*[A-Za-z]|[\r\n]|[^␛\r\n]+/g)) {
    if (token === '\n') lines[++row] ??= ''
    else if (token.startsWith('␛[') && token.endsWith('A')) row -= Number(token.slice(2, -1))
    else if (token === '␛[0J') lines.splice(row, Infinity, '')
    else if (token !== '\r') lines[row] = token
  }
  return lines
}

describe('the live block', () => {
  const screen = { columns: 200, rows: 24 }
  const live = (): LiveView => new LiveView({ write, now, screen: () => screen })

  test('is drawn over and over in place, ten times a second at most, and stays at the end', () => {
    const view = live()
    view.begin(HEADER)
    view.update({ ...STATUS, batches: 1 })
    nowMs = 99
    view.update({ ...STATUS, batches: 2 })
    expect(screenOf(written)[1]).toMatch(/^ batch 1 /)
    nowMs = 200
    view.update(STATUS)
    expect(screenOf(written)).toEqual([HEAD_LINE.trimEnd(), ...BLOCK, ''])
    view.end(SUMMARY)
    expect(screenOf(written)).toEqual([HEAD_LINE.trimEnd(), ...BLOCK, ...END_LINES.split('\n')])
  })

  test('stands below what is printed', () => {
    const view = live()
    view.update(STATUS)
    view.print('one\ntwo\n')
    view.print('three')
    expect(screenOf(written)).toEqual(['one', 'two', 'three', ...BLOCK, ''])
  })

  test('fits a small terminal: the status takes two lines, and nothing wraps or scrolls away', () => {
    Object.assign(screen, { columns: 80, rows: 4 })
    const view = live()
    view.update(STATUS)
    const folded = [
      ' batch 52  22 Feb 2001   20 000 records ▕█████     ▏  58 %   11 640 in',
      ' 667 rec/s   batch 4 ms (p99 11)   delay 0.0 s (p99 0.4)   dead 0',
    ]
    expect(screenOf(written)).toEqual([...folded, BLOCK[1], ''])
    Object.assign(screen, { columns: 20, rows: 3 })
    nowMs = 1_000
    written = ''
    live().update(STATUS)
    expect(screenOf(written)).toEqual([' batch 52  22 Feb 2', ' 20 000 records ▕██', ''])
  })
})
