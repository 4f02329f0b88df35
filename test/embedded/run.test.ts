// This file is long because it holds every promise of an embedded run in one table of cases.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import worstAirports from '../../functions/worst-airports.ts'
import { runEmbedded, type EmbeddedOptions, type RunSummary } from '../../lib/embedded/index.ts'
import { defineJob, json, seconds, text, type Job } from '../../lib/index.ts'
import { filesOf } from './cli.ts'
import { RecordedView } from './views/recorded-view.ts'

const START = 1_770_000_000_000

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-run-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function fileOf(name: string, lines: readonly string[]): { readonly path: string } {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return { path }
}

async function run(
  job: Job,
  options: EmbeddedOptions,
  name = 'run',
): Promise<{ readonly view: RecordedView; readonly summary: RunSummary; readonly out: string }> {
  const view = new RecordedView()
  const out = join(folder, name, 'out')
  const summary = await runEmbedded(job, { startMs: START, state: join(folder, name, 'state'), output: out, view, ...options })
  return { view, summary, out }
}

/** Rows of an output by batch, as seconds after the start; of all parts, as lines. */
function linesOf(out: string, prefix: string): readonly (readonly [second: number, lines: readonly string[]])[] {
  return readdirSync(out)
    .filter((name) => name.startsWith(`${prefix}-`))
    .sort()
    .map((name) => {
      const parts = readdirSync(join(out, name))
        .filter((part) => part.startsWith('part-'))
        .sort()
      return [
        (Number(name.split('-')[1]!.split('.')[0]) - START) / 1000,
        parts.flatMap((part) =>
          readFileSync(join(out, name, part), 'utf8')
            .split('\n')
            .slice(0, -1),
        ),
      ] as const
    })
}

interface Flight {
  readonly date: string
  readonly delay: number
  readonly origin: string
  readonly destination: string
}

describe('the demonstration', () => {
  test('is what a loop over the flights gives', { timeout: 60_000 }, async () => {
    const path = 'node_modules/vega-datasets/data/flights-20k.json'
    const flights = JSON.parse(readFileSync(path, 'utf8')) as Flight[]
    const { out, summary, view } = await run(worstAirports, {
      inputs: { flights: { path } },
      keyField: 'origin',
      timeField: 'date',
      timeScale: 86_400,
      shards: 4,
      show: 'worst',
    })
    expect(summary).toMatchObject({ records: 20_000, batches: 90, deadLetters: 0 })

    const dayOf = (flight: Flight): number =>
      Math.floor(Date.parse(`${flight.date.replaceAll('/', '-').replace(' ', 'T')}Z`) / 86_400_000) - Date.UTC(2001, 0, 1) / 86_400_000
    const worst = linesOf(out, 'worst')
    expect(worst.map(([second]) => second)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1))
    for (const [second, lines] of worst) {
      const week = new Map<string, number[]>()
      for (const flight of flights) {
        const day = dayOf(flight)
        if (day < second && day >= second - 7) week.set(flight.origin, [...(week.get(flight.origin) ?? []), flight.delay])
      }
      const mean = (delays: readonly number[]): number => Math.round((delays.reduce((a, b) => a + b, 0) / delays.length) * 10) / 10
      const expected = [...week]
        .filter(([, delays]) => delays.length >= 10)
        .map(([origin, delays]) => ({ origin, flights: delays.length, meanDelay: mean(delays) }))
        .sort((a, b) => b.meanDelay - a.meanDelay || (a.origin < b.origin ? -1 : 1))
      expect(lines.map((line) => JSON.parse(line) as { airport: string }).map(({ airport, ...row }) => ({ ...row, named: airport !== '' }))).toEqual(
        expected.slice(0, 10).map((row) => ({ ...row, named: true })),
      )
    }

    const late = linesOf(out, 'late').flatMap(([, lines]) => lines)
    expect(late.toSorted()).toEqual(
      flights
        .filter(({ delay }) => delay >= 60)
        .map((flight) => JSON.stringify(flight))
        .toSorted(),
    )

    const totals = new Map<string, unknown>()
    for (const [, lines] of linesOf(out, 'routes'))
      for (const row of lines.map((line) => JSON.parse(line) as { route: string[]; flights: number; delay: number }))
        totals.set(row.route.join('>'), { flights: row.flights, delay: row.delay })
    const expected = new Map<string, { flights: number; delay: number }>()
    for (const { origin, destination, delay } of flights) {
      const before = expected.get(`${origin}>${destination}`) ?? { flights: 0, delay: 0 }
      expected.set(`${origin}>${destination}`, { flights: before.flights + 1, delay: before.delay + delay })
    }
    expect(new Map([...totals].toSorted())).toEqual(new Map([...expected].toSorted()))

    const last = view.statuses.at(-1)!
    expect(last).toMatchObject({ batches: 90, batchesInAll: 90, records: 20_000, recordsInAll: 20_000, unit: 'day' })
    expect(new Date(last.atMs!).toISOString().slice(0, 10)).toBe('2001-03-31')
    expect(last.table).toEqual(worst.at(-1)![1])
  })
})

const counts = defineJob({ name: 'counts', batchInterval: seconds(1) }, (ssc) => {
  const words = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
  words.reduceByKey((a, b) => a + b).saveAsTextFiles('plain')
  words.reduceByKeyAndWindow((a, b) => a + b, seconds(4), seconds(2)).saveAsTextFiles('window')
})

describe('stream time', () => {
  test('record i arrives at start + i / rate, and the run ends at the first batch at which every window slides', async () => {
    // Two records a second: four seconds and a half.
    const { out, summary } = await run(counts, { inputs: { lines: fileOf('in', [...'abcabcabc']) }, rate: 2 })
    expect(linesOf(out, 'plain')).toEqual([
      [1, ['["a",1]', '["b",1]']],
      [2, ['["a",1]', '["c",1]']],
      [3, ['["b",1]', '["c",1]']],
      [4, ['["a",1]', '["b",1]']],
      [5, ['["c",1]']],
      [6, []],
    ])
    expect(linesOf(out, 'window')).toEqual([
      [2, ['["a",2]', '["b",1]', '["c",1]']],
      [4, ['["a",3]', '["b",3]', '["c",2]']],
      [6, ['["a",1]', '["b",2]', '["c",2]']],
    ])
    expect(summary).toMatchObject({ records: 9, batches: 6 })
  })

  test('runs on for as long as it is told', async () => {
    const { out } = await run(counts, { inputs: { lines: fileOf('in', ['a']) }, drainMs: 5_000 })
    expect(linesOf(out, 'window')).toEqual([
      [2, ['["a",1]']],
      [4, ['["a",1]']],
      [6, []],
    ])
  })

  test('begins within an interval where it is told to: its first batch ends on the grid, with the first element of a queue', async () => {
    const job = defineJob({ name: 'within', batchInterval: seconds(5) }, (ssc) => {
      ssc.kinesisStream('lines', json()).count().saveAsTextFiles('count')
      ssc.queueStream([['q1'], [], ['q3']]).saveAsTextFiles('queue')
    })
    // START is a multiple of 5 s. Dates keep their place in an interval: 4.9 s after START + 3 s, and 10.1 s later.
    const lines = ['2020-01-01T00:00:04.900Z', '2020-01-01T00:00:15Z'].map((at) => JSON.stringify({ at }))
    const { out } = await run(job, { inputs: { lines: fileOf('in', lines) }, timeField: 'at', startMs: START + 3_000 })
    expect(linesOf(out, 'count')).toEqual([
      [5, ['0']],
      [10, ['1']],
      [15, ['0']],
      [20, ['1']],
    ])
    expect(linesOf(out, 'queue').filter(([, rows]) => rows.length > 0)).toEqual([
      [5, ['q1']],
      [15, ['q3']],
    ])
  })

  test('runs on over an input without records, too', async () => {
    const none = { inputs: { lines: fileOf('none', []) }, drainMs: 4_000 }
    const job = defineJob({ name: 'none', batchInterval: seconds(2) }, (ssc) => ssc.kinesisStream('lines', text()).count().saveAsTextFiles('count'))
    const { out } = await run(job, none)
    expect(linesOf(out, 'count')).toEqual([
      [2, ['0']],
      [4, ['0']],
    ])
    // On the state of a run that has finished: what its windows hold leaves them.
    await run(counts, { inputs: { lines: fileOf('in', ['a']) } }, 'next')
    const next = await run(counts, { ...none, continue: true, startMs: undefined }, 'next')
    expect(linesOf(next.out, 'window')).toEqual([
      [2, ['["a",1]']],
      [4, ['["a",1]']],
      [6, []],
    ])
  })

  describe('by the dates of several streams', () => {
    const joined = defineJob({ name: 'joined', batchInterval: seconds(1) }, (ssc) => {
      const [a, b] = ['a', 'b'].map((stream) => ssc.kinesisStream(stream, json()).mapToPair((row) => [(row as { n: number }).n, 1]))
      a!.join(b!).saveAsTextFiles('join')
    })
    const from = (first: number, last: number): readonly string[] =>
      Array.from({ length: last + 1 - first }, (_, i) => JSON.stringify({ n: first + i, at: 1_700_000_000 + first + i }))
    async function* piped(lines: readonly string[]): AsyncGenerator<Uint8Array> {
      for (const line of lines) yield Buffer.from(`${line}\n`)
    }
    const pairs = (out: string): readonly unknown[] => linesOf(out, 'join').filter(([, lines]) => lines.length > 0)
    // Record n is dated n seconds after the first of `a`.
    const right = [3, 4, 5].map((n) => [n + 1, [`[${n},[1,1]]`]])

    test.each([
      ['one that begins late', ['a', 'b']],
      ['the first of which begins late', ['b', 'a']],
    ])('records of the same date arrive at the same time: %s', async (_, [early, late]) => {
      const { out } = await run(joined, { inputs: { [early!]: fileOf('early', from(0, 5)), [late!]: fileOf('late', from(3, 8)) }, timeField: 'at' })
      expect(pairs(out)).toEqual(right)
    })

    test('a date that is far from the others of its stream is not where it begins', async () => {
      const late = [JSON.stringify({ n: 99, at: 0 }), ...from(3, 8)]
      const { out } = await run(joined, { inputs: { a: fileOf('early', from(0, 5)), b: fileOf('late', late) }, timeField: 'at', timeOutliers: 'drop' })
      expect(pairs(out)).toEqual(right)
    })

    test('a pipe beside a file follows the dates of the file', async () => {
      const { out } = await run(joined, { inputs: { a: { stdin: piped(from(3, 8)) }, b: fileOf('early', from(0, 5)) }, timeField: 'at' })
      expect(pairs(out)).toEqual(right)
    })

    test('a pipe that begins before them is told', async () => {
      const { out, view } = await run(joined, { inputs: { a: { stdin: piped(from(0, 5)) }, b: fileOf('late', from(3, 8)) }, timeField: 'at' })
      expect(pairs(out)).toEqual([3, 4, 5].map((n) => [n - 2, [`[${n},[1,1]]`]]))
      expect(view.printed.join()).toMatch(/stream time begins at at 2023-11-14T22:13:23.000Z, and stream 'a' at 2023-11-14T22:13:20.000Z/)
    })

    test('a run goes on with the dates that it began with', async () => {
      const a = fileOf('a', from(3, 5))
      const undated = JSON.stringify({ n: -1 })
      let seen = 0
      const stop = new AbortController()
      const options = { inputs: { a, b: fileOf('b', [undated]) }, timeField: 'at' }
      const ends = run(joined, { ...options, signal: stop.signal, observe: ({ event }) => event === 'batch' && ++seen === 1 && stop.abort() })
      await expect(ends).rejects.toThrow(/stopped/)
      // The file of the other stream has grown, by dates before the first of this one.
      fileOf('b', [undated, ...from(0, 5)])
      const { out } = await run(joined, options)
      // 3 of the first stream has gone by.
      expect(pairs(out)).toEqual([4, 5].map((n) => [n - 2, [`[${n},[1,1]]`]]))
    })
  })

  test('goes through years of silence at once', async () => {
    const dated = defineJob({ name: 'dated', batchInterval: seconds(1) }, (ssc) => {
      ssc
        .kinesisStream('lines', json())
        .mapToPair((row) => [(row as { word: string }).word, 1])
        .reduceByKeyAndWindow((a, b) => a + b, seconds(2))
        .saveAsTextFiles('window')
    })
    const years = [
      ['2001-01-01', 'a'],
      ['2001-01-01T00:00:01', 'b'],
      ['2019/01/01 00:00', 'c'],
    ].map(([when, word]) => JSON.stringify({ when, word }))
    const { out } = await run(dated, { inputs: { lines: fileOf('in', years) }, timeField: 'when' })
    const between = (Date.UTC(2019, 0) - Date.UTC(2001, 0)) / 1000
    expect(linesOf(out, 'window').filter(([, lines]) => lines.length > 0)).toEqual([
      [1, ['["a",1]']],
      [2, ['["a",1]', '["b",1]']],
      [3, ['["b",1]']],
      [between + 1, ['["c",1]']],
    ])
  })
})

describe('inputs', () => {
  test('a queueStream is delivered by itself: element i in batch i + 1', async () => {
    const queue = defineJob({ name: 'queue', batchInterval: seconds(1) }, (ssc) => {
      ssc
        .queueStream<string | { n: number; big: bigint; when: undefined }>([['b', 'a'], [], [{ n: NaN, big: 10n, when: undefined }]])
        .map((row) => (typeof row === 'string' ? row : `${row.n} ${row.big} ${'when' in row}`))
        .saveAsTextFiles('rows')
    })
    const { out, summary } = await run(queue, { shards: 3 })
    expect(linesOf(out, 'rows').filter(([, lines]) => lines.length > 0)).toEqual([
      [1, ['b', 'a']],
      [3, ['NaN 10 true']],
    ])
    expect(summary.records).toBe(3)
  })

  test('several streams, and files of JSON arrays', async () => {
    const two = defineJob({ name: 'two', batchInterval: seconds(1) }, (ssc) => {
      const names = ssc.kinesisStream('names', text()).map((name) => `name ${name}`)
      names.union(ssc.kinesisStream('numbers', json()).map((n) => `number ${JSON.stringify(n)}`)).saveAsTextFiles('all')
    })
    writeFileSync(join(folder, 'numbers.json'), '[1, {"two": 2},\n [3]]')
    const { out } = await run(two, { inputs: { names: fileOf('names', ['x\r', 'y']), numbers: { path: join(folder, 'numbers.json') } } })
    expect(linesOf(out, 'all')[0]![1].toSorted()).toEqual(['name x', 'name y', 'number 1', 'number [3]', 'number {"two":2}'])
  })

  test('a stream that the job does not have is refused', async () => {
    await expect(run(counts, { inputs: { words: fileOf('in', ['a']) } })).rejects.toThrow(/there is no stream 'words' in job 'counts'; it reads 'lines'/)
  })

  test.each([
    [1, undefined],
    [3, undefined],
    [1, 4],
    [5, 2],
  ])('the same counts with %s shards and %s partitions', async (shards, partitions) => {
    const words = Array.from({ length: 400 }, (_, i) => `w${(i * i) % 23}`)
    const { out } = await run(counts, { inputs: { lines: fileOf('in', words) }, rate: 100, shards, partitions })
    const total = new Map<string, number>()
    for (const [, lines] of linesOf(out, 'plain'))
      for (const [word, n] of lines.map((line) => JSON.parse(line) as [string, number])) total.set(word, (total.get(word) ?? 0) + n)
    const expected = new Map<string, number>()
    for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1)
    expect(new Map([...total].toSorted())).toEqual(new Map([...expected].toSorted()))
  })
})

test('dead letters stand in a file: text as it is, other bytes in Base64, each with its line and error', async () => {
  const job = defineJob({ name: 'parsed', batchInterval: seconds(1) }, (ssc) => ssc.kinesisStream('rows', json()).saveAsJsonFiles('rows'))
  const path = join(folder, 'in')
  writeFileSync(path, Buffer.concat([Buffer.from('1\n{\n'), Buffer.from([0xff, 0xfe, 10]), Buffer.from('2\n')]))
  const { out, summary } = await run(job, { inputs: { rows: { path } } })
  expect(linesOf(out, 'rows')[0]).toEqual([1, ['1', '2']])
  expect(summary).toMatchObject({ records: 4, deadLetters: 2, deadLetterFile: join(folder, 'run/state/parsed/dead-letters.jsonl') })
  const letters = readFileSync(summary.deadLetterFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  const common = { stream: 'rows', operator: 'rows', time: START + 1000, error: { message: expect.stringMatching(/^record is not JSON/) } }
  expect(letters).toMatchObject([
    { ...common, line: 2, record: '{' },
    { ...common, line: 3, recordBase64: '//4=' },
  ])
})

describe('a run that has finished', () => {
  test('starts over, and its output is moved aside', async () => {
    const first = fileOf('in', ['a', 'b'])
    const { out } = await run(counts, { inputs: { lines: first } })
    const files = filesOf(out)
    writeFileSync(join(out, 'notes.txt'), 'not of the run')
    const again = await run(counts, { inputs: { lines: first } })
    expect(again.view.headers[0]!.movedTo).toBe(`${out}.old/1`)
    expect([...filesOf(`${out}.old/1`)]).toEqual([...files])
    expect([...filesOf(out)].filter(([path]) => path !== 'notes.txt')).toEqual([...files])
    expect(again.view.resumptions).toEqual([])
    const third = await run(counts, { inputs: { lines: fileOf('other', ['c']) } })
    expect(third.view.headers[0]!.movedTo).toBe(`${out}.old/2`)
    expect(linesOf(out, 'plain')[0]).toEqual([1, ['["c",1]']])
    expect(readFileSync(join(out, 'notes.txt'), 'utf8')).toBe('not of the run')
  })
})

describe('a run that was stopped', () => {
  /** Fails for good in the batch that ends 2 s after the start, while `broken`. */
  const fragile = (broken: boolean, change: (n: number) => number = (n) => n): Job =>
    defineJob({ name: 'fragile', batchInterval: seconds(1) }, (ssc) => {
      const sums = ssc
        .kinesisStream('lines', text())
        .mapToPair((line) => [line.slice(0, 1), 1])
        .mapWithState<string, number, number, readonly [string, number]>(
          (key, n, state) => {
            const sum = (state.getOption() ?? 0) + (n ?? 0)
            state.update(sum)
            return [key, sum]
          },
          { uid: 'sums' },
        )
      sums.map(([key, n]) => `${key} ${change(n)}`).saveAsTextFiles('sums')
      sums.foreachRDD(
        (_rdd, { time }) => {
          if (broken && time.milliseconds === START + 2_000) throw new Error('not today')
        },
        { uid: 'tell' },
      )
    })
  const lines = [...'abab']

  test('goes on with a mended program, under a higher deploy number', async () => {
    const inputs = { lines: fileOf('in', lines) }
    await expect(run(fragile(true), { inputs, rate: 1, file: 'jobs/fragile.ts' })).rejects.toThrow(
      /^batch 1 \(time 1770000002000 ms, .*\) has failed 3 times in operator 'tell': .*Error: not today .*\n.*\n  npx millrace skip jobs\/fragile\.ts --state /s,
    )
    const { out, view, summary } = await run(
      fragile(false, (n) => n * 100),
      { inputs, rate: 1 },
    )
    expect(view.resumptions).toEqual([{ job: 'fragile', batch: 2, batchesInAll: 4, records: 2, countedTwice: 0 }])
    // What was committed before stays as it was, what comes is the new program's; state goes on.
    expect(linesOf(out, 'sums').map(([, rows]) => rows)).toEqual([['a 1'], ['b 1'], ['a 200'], ['b 200']])
    expect(summary).toMatchObject({ records: 4, batches: 4 })
  })

  test.each<[string, EmbeddedOptions, RegExp]>([
    [
      'another number of shards',
      { shards: 2 },
      /--shards 2: this run has begun with 1 and goes on with it; leave the option as it was, or remove .*fragile\.db to start over/,
    ],
    ['another rate', { rate: 5 }, /--rate 5: this run has begun with 1 /],
    ['another start', { startMs: 5 }, /--start 5: this run has begun with 1770000000000 /],
    ['other partitions', { partitions: 2 }, /--partitions 2: this run has begun with null /],
    ['another key', { keyField: 'x' }, /--key x/],
  ])('refuses %s', async (_what, other, message) => {
    const inputs = { lines: fileOf('in', lines) }
    await expect(run(fragile(true), { inputs, rate: 1 })).rejects.toThrow(/not today/)
    await expect(run(fragile(false), { inputs, rate: 1, ...other })).rejects.toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    )
  })

  test('refuses an input that has changed, and another input', async () => {
    await expect(run(fragile(true), { inputs: { lines: fileOf('in', lines) }, rate: 1 })).rejects.toThrow(/not today/)
    await expect(run(fragile(false), { inputs: { lines: fileOf('in', ['x', ...lines]) }, rate: 1 })).rejects.toThrow(
      /--input .*\/in has changed since this run began; bring it back to go on/,
    )
    await expect(run(fragile(false), { inputs: { lines: fileOf('other', lines) }, rate: 1 })).rejects.toThrow(
      /this run has begun with --input lines=.*\/in; bring it back/,
    )
    fileOf('in', lines)
    // Without any option it goes on as it began.
    const { summary } = await run(fragile(false), { startMs: undefined })
    expect(summary).toMatchObject({ records: 4, batches: 4 })
  })

  test('is not run by two processes at once', { timeout: 20_000 }, async () => {
    const { DatabaseSync } = await import('node:sqlite')
    await expect(run(fragile(true), { inputs: { lines: fileOf('in', lines) }, rate: 1 })).rejects.toThrow(/not today/)
    const other = new DatabaseSync(join(folder, 'run/state/fragile.db'))
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE')
    await expect(run(fragile(false), {})).rejects.toThrow(
      /cannot open the state in .*fragile\.db: it is in use by another process .* give this one a state of its own with --state DIR/,
    )
    other.close()
    expect((await run(fragile(false), {})).summary.batches).toBe(4)
  })
})
