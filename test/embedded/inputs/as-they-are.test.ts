// This file is long because it holds, in tables, every form in which people have their inputs.
// Inputs as people have them: pipes, packed files, byte order marks, arrays, files that grow, dates far from the others. What is right is read off the input.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runEmbedded, type EmbeddedOptions, type RunSummary } from '../../../lib/embedded/index.ts'
import { defineJob, json, milliseconds, seconds, text, type Job, type State } from '../../../lib/index.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-as-they-are-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(at(name), content)
  return at(name)
}

const LINES: Job = defineJob({ name: 'lines', batchInterval: seconds(5) }, (ssc) => {
  ssc.kinesisStream('in', text()).saveAsTextFiles('out')
})
const VALUES: Job = defineJob({ name: 'values', batchInterval: seconds(5) }, (ssc) => {
  ssc.kinesisStream('in', json()).saveAsJsonFiles('out')
})

interface Ran extends RunSummary {
  readonly printed: readonly string[]
}

async function run(job: Job, path: string | readonly string[] | AsyncIterable<Uint8Array>, options: EmbeddedOptions = {}): Promise<Ran> {
  const printed: string[] = []
  const nothing = (): void => undefined
  const view = { begin: nothing, resume: nothing, print: (line: string) => void printed.push(line), update: nothing, end: nothing }
  const input = typeof path === 'string' || Array.isArray(path) ? { path: path as string } : { stdin: path as AsyncIterable<Uint8Array> }
  const summary = await runEmbedded(job, { inputs: { in: input }, state: at('state'), output: at('out'), startMs: 0, view, ...options })
  return { ...summary, printed }
}

/** Lines of all parts, batch by batch. */
function rows(output = 'out'): readonly string[] {
  return batches(output).flatMap(([, lines]) => lines)
}

function batches(output = 'out'): readonly (readonly [timeMs: number, lines: readonly string[]])[] {
  return readdirSync(at(output))
    .map((directory) => {
      const parts = readdirSync(join(at(output), directory)).filter((name) => name.startsWith('part-'))
      const lines = parts.flatMap((part) =>
        readFileSync(join(at(output), directory, part), 'utf8')
          .split('\n')
          .slice(0, -1),
      )
      return [Number(directory.slice(directory.lastIndexOf('-') + 1)), lines] as const
    })
    .filter(([, lines]) => lines.length > 0)
    .sort(([a], [b]) => a - b)
}

async function* chunks(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const one of texts) yield Buffer.from(one as string)
}

const MARK = '\uFEFF'

describe('what a file holds', () => {
  test.each<[string, string, string | Uint8Array, readonly string[]]>([
    [
      'an array keeps the text of its elements',
      'a.json',
      '[{"id":9007199254740993,"v":1.0,"e":1E400}, "]," ,\n [1,\n2]]',
      ['{"id":9007199254740993,"v":1.0,"e":1E400}', '"],"', '[1,', '2]'],
    ],
    ['an array behind a byte order mark', 'a.json', `${MARK}[1.0,2]`, ['1.0', '2']],
    ['an empty array', 'a.json', ' [ ] ', []],
    ['an array that does not end is lines', 'a.json', '[1,\n2', ['[1,', '2']],
    ['a byte order mark', 'a.txt', `${MARK}x\ny\n`, ['x', 'y']],
    ['a byte order mark and nothing', 'a.txt', MARK, []],
    ['CRLF', 'a.txt', 'x\r\ny\r\n', ['x', 'y']],
    ['gzip, whatever its name', 'a.txt', gzipSync('x\ny\n'), ['x', 'y']],
    ['gzip in two members', 'a.gz', Buffer.concat([gzipSync('x\n'), gzipSync('y\n')]), ['x', 'y']],
    ['zstd with a byte order mark', 'a.log', zstdCompressSync(Buffer.from(`${MARK}x\ny`)), ['x', 'y']],
    ['a packed array', 'a.json.gz', gzipSync('[1.0,2]'), ['1.0', '2']],
  ])('%s', async (_what, name, content, lines) => {
    await run(LINES, file(name, content))
    expect(rows()).toEqual(lines)
    rmSync(at('out'), { recursive: true, force: true })
    if (!name.includes('.json')) {
      await run(LINES, chunks(...(typeof content === 'string' ? [content] : Array.from(content, (byte) => Uint8Array.of(byte)))))
      expect(rows()).toEqual(lines)
    }
  })

  test('gzip that is cut off says so', async () => {
    await expect(run(LINES, file('a.gz', gzipSync('x'.repeat(1000)).subarray(0, 20)))).rejects.toThrow(
      /a\.gz begins as gzip does and cannot be unpacked .*copy it anew/,
    )
  })

  test('json() skips blank lines', async () => {
    const { deadLetters } = await run(VALUES, file('a', '{"a":1}\n\n  \r\n{"a":2}\n\n'))
    expect([deadLetters, rows()]).toEqual([0, ['{"a":1}', '{"a":2}']])
  })

  test('files of one stream come in the order of their names, each unpacked for itself', async () => {
    const paths = [file('c.txt', '5\n'), file('a.txt', '1\n2'), file('b.gz', gzipSync(`${MARK}3\n4\n`))]
    await run(LINES, paths)
    expect(rows()).toEqual(['1', '2', '3', '4', '5'])
    rmSync(at('out'), { recursive: true })
    await run(LINES, at('[ab].*'))
    expect(rows()).toEqual(['1', '2', '3', '4'])
    await expect(run(LINES, at('*.none'))).rejects.toThrow('no file has such a name')
  })

  test('a FIFO is read once', async () => {
    execFileSync('mkfifo', [at('fifo')])
    const { exec } = await import('node:child_process')
    exec(`printf 'a\\nb\\n' > ${at('fifo')}`)
    expect((await run(LINES, at('fifo'))).records).toBe(2)
    expect(rows()).toEqual(['a', 'b'])
  })

  test('a decoder gets a Buffer', async () => {
    const job = defineJob({ name: 'decode', batchInterval: seconds(5) }, (ssc) => {
      ssc.kinesisStream('in', { decode: (data) => data.toString() }).saveAsTextFiles('out')
    })
    await run(job, chunks('{"a":1}\n'))
    expect(rows()).toEqual(['{"a":1}'])
  })
})

describe('a folder', () => {
  const job = (): Job =>
    defineJob({ name: 'folder', batchInterval: milliseconds(50) }, (ssc) => {
      ssc.textFileStream(at('drop'), { newFilesOnly: false }).saveAsTextFiles('out')
    })
  const start = (options: EmbeddedOptions = {}): Promise<RunSummary> =>
    runEmbedded(job(), { state: at('state'), output: at('out'), speed: Infinity, ...options })

  test('is unpacked, too; what cannot be read ends the run and is taken by the next', async () => {
    mkdirSync(at('drop'))
    file('drop/a', `${MARK}1\r\n2`)
    file('drop/b.gz', gzipSync('3\n'))
    await start()
    expect(rows()).toEqual(['1', '2', '3'])
    mkdirSync(at('drop/c'))
    file('drop/d.gz', gzipSync('5\n').subarray(0, 12))
    await expect(start({ continue: true })).rejects.toThrow(/d\.gz begins as gzip does/)
    file('drop/d.gz', gzipSync('5\n'))
    await start()
    expect(rows()).toEqual(['1', '2', '3', '5'])
  })

  test('is read to its end by each run, also by one that goes on within the interval in which the one before has ended', async () => {
    const slow = defineJob({ name: 'slow', batchInterval: seconds(20) }, (ssc) => {
      ssc.textFileStream(at('drop'), { newFilesOnly: false }).saveAsTextFiles('out')
    })
    const options = { state: at('state'), output: at('out'), speed: Infinity }
    mkdirSync(at('drop'))
    file('drop/a', '1\n')
    await runEmbedded(slow, options)
    file('drop/b', '2\n')
    await runEmbedded(slow, { ...options, continue: true })
    expect(rows()).toEqual(['1', '2'])
  })
})

describe('dates', () => {
  const dated = (...values: readonly unknown[]): string => file('dated', values.map((ts, i) => JSON.stringify({ ts, i })).join('\n'))
  /** The batch, counted from 0, in which each record came. */
  const when = (): Readonly<Record<number, number>> => {
    const all = batches()
    return Object.fromEntries(all.flatMap(([timeMs, lines]) => lines.map((line) => [(JSON.parse(line) as { i: number }).i, timeMs / 5000 - 1])))
  }
  const T = 1_764_000_000

  test.each<[string, readonly unknown[]]>([
    ['seconds', [T, T + 5, T + 10]],
    ['text of seconds', [`${T}`, `${T + 5}.25`, `${T + 10}`]],
    ['ms', [T * 1e3, (T + 5) * 1e3, (T + 10) * 1e3]],
    ['us', [T * 1e6, (T + 5) * 1e6, (T + 10) * 1e6]],
    ['text of ns', [`${T}000000000`, `${T + 5}000000001`, `${T + 10}000000000`]],
    ['ISO with and without zone', ['2025-11-24T16:00:00Z', '2025-11-24 16:00:05', '2025-11-24T17:00:10+01:00']],
    ['commas before milliseconds', ['2025-11-24 16:00:00,999', '2025-11-24 16:00:05,001', '2025-11-24 16:00:10,000']],
    ['CLF', ['24/Nov/2025:17:00:00 +0100', '24/Nov/2025:17:00:05 +0100', '24/Nov/2025:16:00:10 +0000']],
    ['syslog', ['Nov 24 16:00:00', 'Nov 24 16:00:05', 'Nov 24 16:00:10']],
    ['syslog over a new year', ['Dec 31 23:59:55', 'Jan  1 00:00:00', 'Jan  1 00:00:05']],
  ])('%s', async (_what, values) => {
    const { printed } = await run(VALUES, dated(...values), { timeField: 'ts' })
    expect([when(), printed]).toEqual([{ 0: 0, 1: 1, 2: 2 }, []])
  })

  test('in a path', async () => {
    const path = file('p', '{"meta":{"ts":1764000000},"i":0}\n{"meta":{"ts":1764000005},"i":1}\n')
    await run(VALUES, path, { timeField: 'meta.ts' })
    expect(when()).toEqual({ 0: 0, 1: 1 })
  })

  test('a unit that is said', async () => {
    await run(VALUES, dated(0, 5, 10), { timeField: 'ts', timeUnit: 's' })
    expect(when()).toEqual({ 0: 0, 1: 1, 2: 2 })
  })

  test.each<[string, readonly unknown[], number, Readonly<Record<number, number>>]>([
    ['2126', [T * 1e3, '2126-01-01', (T + 5) * 1e3], 2, { 0: 0, 1: 0, 2: 1 }],
    ['1970 first', ['1970-01-01', '2025-11-24T16:00:00Z', '2025-11-24T16:00:05Z'], 1, { 0: 0, 1: 0, 2: 1 }],
    [
      '9999 last, many times',
      ['2025-11-24T16:00:00Z', '2025-11-24T16:00:05Z', '2025-11-24T16:00:06Z', '9999-12-31', '9999-12-31'],
      4,
      { 0: 0, 1: 1, 2: 1, 3: 1, 4: 1 },
    ],
  ])('%s does not take the run along', async (_what, values, line, batch) => {
    const { printed } = await run(VALUES, dated(...values), { timeField: 'ts' })
    expect(when()).toEqual(batch)
    expect(printed).toEqual([expect.stringContaining(`dated line ${line}: ${JSON.stringify(values[line - 1])}`)])
    await run(VALUES, dated(...values), { timeField: 'ts', timeOutliers: 'drop' })
    expect(Object.keys(when())).not.toContain(String(line - 1))
    rmSync(at('out'), { recursive: true })
    await expect(run(VALUES, dated(...values), { timeField: 'ts', timeOutliers: 'fail' })).rejects.toThrow(new RegExp(`dated line ${line}: ts "`))
  })

  test('of the standard input are told when they come', async () => {
    const lines = [T, '2126-01-01', T + 5].map((ts, i) => JSON.stringify({ ts, i })).join('\n')
    const { printed } = await run(VALUES, chunks(lines), { timeField: 'ts' })
    expect(when()).toEqual({ 0: 0, 1: 0, 2: 1 })
    expect(printed).toEqual([expect.stringContaining('standard input line 2: ts "2126-01-01"')])
  })

  test('years apart, each as it is: no group has more than half', async () => {
    const { printed } = await run(VALUES, dated('2001-01-01', '2004-01-01', '2009-01-01'), { timeField: 'ts', timeScale: 86_400 * 365 })
    expect(printed).toEqual([])
    expect(new Set(Object.values(when())).size).toBe(2)
  })

  test('that go down are said', async () => {
    const { printed } = await run(VALUES, dated(T + 10, T + 5, T), { timeField: 'ts' })
    expect(printed).toEqual([expect.stringContaining('the dates of ts go down')])
  })

  test('unknown ones are shown, with the forms that are known', async () => {
    await expect(run(VALUES, dated('tomorrow'), { timeField: 'ts' })).rejects.toThrow(
      /dated line 1 has "tomorrow" there, which is no date that is known; known are epoch seconds.*27\/Nov\/2026/,
    )
  })
})

describe('a file that has grown', () => {
  /** Fails in the second batch until `mended`. */
  const failing = (mended: boolean): Job =>
    defineJob({ name: 'lines', batchInterval: seconds(5) }, (ssc) => {
      const lines = ssc.kinesisStream('in', text())
      lines.saveAsTextFiles('out')
      lines.foreachRDD((rdd) => {
        if (!mended && rdd.collect().includes('4')) throw new Error('not yet')
      })
    })
  const options = { rate: 0.5 } // 2.5 lines in a batch

  test('goes on with all of it', async () => {
    const path = file('grows', '1\n2\n3\n4\n')
    await expect(run(failing(false), path, options)).rejects.toThrow('not yet')
    appendFileSync(path, '5\n6\n')
    await run(failing(true), path, options)
    expect(rows()).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  test('a last line that was taken without its end must stand there ended', async () => {
    const path = file('grows', '1\n2\n3\n4')
    await expect(run(failing(false), path, options)).rejects.toThrow('not yet')
    writeFileSync(path, '1\n2\n3\n44\n')
    await expect(run(failing(true), path, options)).rejects.toThrow(/has grown within its last line.*line 4/)
    writeFileSync(path, '1\n2\n3\n4\n5\n')
    await run(failing(true), path, options)
    expect(rows()).toEqual(['1', '2', '3', '4', '5'])
  })

  test('another beginning is another file', async () => {
    const path = file('grows', '1\n2\n3\n4\n')
    await expect(run(failing(false), path, options)).rejects.toThrow('not yet')
    writeFileSync(path, 'x\n2\n3\n4\n5\n')
    await expect(run(failing(true), path, options)).rejects.toThrow(/grows has changed since this run began/)
  })
})

describe('--continue', () => {
  const TOTALS: Job = defineJob({ name: 'totals', batchInterval: seconds(5) }, (ssc) => {
    ssc
      .kinesisStream('in', text())
      .mapToPair((word) => [word, 1])
      .mapWithState((word, n, state: State<number>) => {
        const total = (state.getOption() ?? 0) + (n ?? 0)
        state.update(total)
        return `${word} ${total}`
      })
      .saveAsTextFiles('out')
  })

  test("today's file on yesterday's totals, under shards and times of its own", async () => {
    await run(TOTALS, file('monday', 'a\nb\na\n'))
    const monday = batches()
    const tuesday = await run(TOTALS, file('tuesday', 'a\nb\na\n'), { continue: true, startMs: undefined })
    expect(tuesday.records).toBe(3)
    expect([...rows()].sort()).toEqual(['a 1', 'a 2', 'a 3', 'a 4', 'b 1', 'b 2'])
    expect(batches().map(([timeMs]) => timeMs)).toEqual([...monday.map(([timeMs]) => timeMs), (monday.at(-1)?.[0] ?? 0) + 5000])
    await run(TOTALS, chunks('a\n'), { continue: true, startMs: undefined, shards: 3 })
    expect(rows().at(-1)).toBe('a 5')
    await run(TOTALS, chunks('a\n'), { continue: true, startMs: undefined })
    expect(rows().at(-1)).toBe('a 6')
  })

  test('the same file, grown: only what is new', async () => {
    const path = file('log', 'a\nb')
    await run(TOTALS, path)
    await expect(run(TOTALS, path, { continue: true, startMs: undefined })).rejects.toThrow('nothing has come to it')
    appendFileSync(path, '\na\n')
    await run(TOTALS, path, { continue: true, startMs: undefined })
    expect([...rows()].sort()).toEqual(['a 1', 'a 2', 'b 1'])
  })

  test('begins a run where there is none', async () => {
    await run(TOTALS, file('monday', 'a\n'), { continue: true })
    expect(rows()).toEqual(['a 1'])
  })
})
