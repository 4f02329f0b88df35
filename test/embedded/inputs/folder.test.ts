// Streams over folders: Spark's selection rule on real files, kept when they are gone, watched when asked for.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineJob, seconds, type Job, type StreamingContext } from 'millrace'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runEmbedded, type EmbeddedOptions } from '../../../lib/embedded/index.ts'
import { filesOf, startCli } from '../cli.ts'
import { RecordedView } from '../views/recorded-view.ts'

const START = 1_770_000_000_000

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-folder-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A file that was modified so many ms after the start. */
function put(name: string, afterMs: number, content: string | Uint8Array): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  utimesSync(path, (START + afterMs) / 1000, (START + afterMs) / 1000)
}

const words = (open: (ssc: StreamingContext) => ReturnType<StreamingContext['textFileStream']>): Job =>
  defineJob({ name: 'hdfs-word-count', batchInterval: seconds(2) }, (ssc) => {
    open(ssc)
      .flatMap((line) => line.split(' '))
      .mapToPair((word) => [word, 1])
      .reduceByKey((a, b) => a + b)
      .saveAsTextFiles('counts')
  })

async function run(
  job: Job,
  options: Partial<EmbeddedOptions> = {},
): Promise<{ readonly view: RecordedView; readonly counts: Readonly<Record<string, string>> }> {
  const view = new RecordedView()
  const out = join(folder, 'run', 'out')
  await runEmbedded(job, { startMs: START, state: join(folder, 'run', 'state'), output: out, view, speed: Infinity, ...options })
  const parts = [...filesOf(out)].filter(([path]) => path.includes('/part-'))
  return { view, counts: Object.fromEntries(parts.map(([path, lines]) => [String(Number(/-(\d+)\//.exec(path)?.[1]) - START), lines.trim()])) }
}

test('a batch takes the files that were modified in its time, each once, and no others', async () => {
  put('in/before', -5_000, 'before the stream was made\n')
  put('in/at-the-start', 0, 'nor at that moment\n')
  put('in/first', 1, 'a b')
  put('in/at-the-end', 2_000, 'a\r\n')
  put('in/just-after', 2_001, 'c\n')
  put('in/.hidden', 3_000, 'hidden\n')
  put('in/empty', 3_000, '')
  put('in/below/deeper', 3_000, 'below\n')
  put('in/late', 9_000, 'late\n')
  const { counts, view } = await run(words((ssc) => ssc.textFileStream(join(folder, 'in'))))
  expect(counts).toEqual({ 2000: '["a",2]\n["b",1]', 4000: '["c",1]', 10000: '["late",1]' })
  expect(view.printed).toEqual([])
  expect(view.summaries[0]).toMatchObject({ records: 4, deadLetters: 0 })
})

test('a glob selects folders, a filter selects paths, and old files of the last minute come with newFilesOnly: false', async () => {
  put('sub1/x', 1_000, 'one\n')
  put('sub2/x', 1_000, 'two\n')
  put('sub2/y.tmp', 1_000, 'tmp\n')
  put('other/x', 1_000, 'other\n')
  put('sub1/old', -50_000, 'old\n')
  put('sub1/older', -58_000, 'older\n')
  const open = (ssc: StreamingContext): ReturnType<StreamingContext['textFileStream']> =>
    ssc.textFileStream(join(folder, 'sub*'), { newFilesOnly: false, filter: (path) => !path.endsWith('.tmp') })
  expect((await run(words(open))).counts).toEqual({ 2000: '["old",1]\n["one",1]\n["two",1]' })
})

test('records of a fixed length; a file of another length stops the run', async () => {
  put('in/good', 1_000, Uint8Array.of(0, 1, 0, 2, 10, 13))
  const job = defineJob({ name: 'records', batchInterval: seconds(2) }, (ssc) => {
    ssc
      .binaryRecordsStream(join(folder, 'in'), 2)
      .map((record) => (record[0] ?? 0) * 256 + (record[1] ?? 0))
      .saveAsTextFiles('counts')
  })
  expect((await run(job)).counts).toEqual({ 2000: '1\n2\n2573' })
  put('in/bad', 3_000, Uint8Array.of(1))
  await expect(run(job)).rejects.toThrow(/has 1 bytes, which is no multiple of the record length 2: write whole records/)
})

test('a folder that is not there is a warning and a batch without files', async () => {
  const { counts, view } = await run(words((ssc) => ssc.textFileStream(join(folder, 'nowhere'))))
  expect(counts).toEqual({})
  expect(view.printed.join()).toMatch(/warning: the folder .*nowhere cannot be listed \(ENOENT/)
})

test('takes no --input', async () => {
  const inputs = { 'files-0': { path: 'LICENSE' } }
  await expect(
    run(
      words((ssc) => ssc.textFileStream('in')),
      { inputs },
    ),
  ).rejects.toThrow(/is a textFileStream: it reads the folder in, .* takes no --input/)
})

test('what a batch took is kept: a run that was stopped goes on although the files are gone', async () => {
  const job = words((ssc) => ssc.textFileStream(join(folder, 'in')))
  put('in/a', 1_000, 'a b\n')
  put('in/b', 3_000, 'a\n')
  put('in/c', 5_000, 'c\n')
  const dies = run(job, {
    wrapPorts: (ports) => ({
      ...ports,
      log: {
        put: (key, bytes, options) => (key.log === 'batch' && key.n === 1 ? Promise.reject(new Error('killed')) : ports.log.put(key, bytes, options)),
        get: (key, options) => ports.log.get(key, options),
        getMany: (keys, options) => ports.log.getMany(keys, options),
        newest: (log) => ports.log.newest(log),
      },
    }),
  })
  await expect(dies).rejects.toThrow('killed')
  rmSync(join(folder, 'in/a'))
  rmSync(join(folder, 'in/b'))
  const { counts, view } = await run(job)
  expect(view.resumptions).toMatchObject([{ countedTwice: 0 }])
  expect(counts).toEqual({ 2000: '["a",1]\n["b",1]', 4000: '["a",1]', 6000: '["c",1]' })
})

test('a file that comes into the interval of a batch that was taken already is not too old for the next run, however long the interval', async () => {
  const job = defineJob({ name: 'minutes', batchInterval: seconds(60) }, (ssc) => {
    ssc.textFileStream(join(folder, 'in')).saveAsTextFiles('counts')
  })
  put('in/first', 10_000, 'first\n')
  await run(job)
  put('in/second', 20_000, 'second\n')
  const { counts } = await run(job, { continue: true, startMs: undefined })
  expect(Object.values(counts).sort()).toEqual(['first', 'second'])
})

test('a watched folder: files are taken as they come, windows slide without them, and a run that was killed goes on', { timeout: 60_000 }, async () => {
  const file = join(folder, 'job.ts')
  mkdirSync(join(folder, 'in'))
  writeFileSync(
    file,
    `import { defineJob, milliseconds } from 'millrace'
export default defineJob({ name: 'watch', batchInterval: milliseconds(200) }, (ssc) => {
  const words = ssc.textFileStream(${JSON.stringify(join(folder, 'in'))})
  words.countByValueAndWindow(milliseconds(400), milliseconds(200)).print()
})\n`,
  )
  const start = (): ReturnType<typeof startCli> => startCli(['run', file, '--state', join(folder, 'state'), '--output', join(folder, 'out')])
  const until = async (running: ReturnType<typeof startCli>, pattern: RegExp): Promise<void> => {
    while (!pattern.test(running.stdout()) && running.process.exitCode === null) await sleep(20)
    expect(running.stdout()).toMatch(pattern)
  }
  const first = start()
  await until(first, /watch · embedded/)
  writeFileSync(join(folder, 'in', 'one'), 'hello\n')
  // The window shows it twice, and then it is empty: nothing came, and time went on.
  await until(first, /\["hello",1\][^]*\["hello",1\][^]*Time: \d+ ms\n-+\n\n/)
  first.process.kill('SIGKILL')
  await first.ended
  writeFileSync(join(folder, 'in', 'two'), 'again\n')
  const second = start()
  await until(second, /resumed watch[^]*\["again",1\]/)
  expect(second.stdout()).not.toContain('hello')
  second.process.kill('SIGKILL')
  await second.ended
})
