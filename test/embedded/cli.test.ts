import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root, runCli, startNode } from './cli.ts'

let folder: string
let program: (name: string, text: string) => string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  program = (name, text) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const WORDS = 'functions/word-count.ts'
const places = (): string[] => ['--state', join(folder, 's'), '--output', join(folder, 'o')]

describe('a command line that cannot be understood', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['no command of that name', ['frob'], /there is no command 'frob'; there are run, produce, status, watch, .*, and/],
    ['no file', ['run'], /run needs the file of a job/],
    ['a job file that is not there', ['run', 'nope.ts'], /there is no file nope\.ts; name the file of a job/],
    ['two files', ['run', WORDS, 'README.md'], /run takes one file, and got 'functions\/word-count\.ts' and 'README\.md'/],
    [
      'a file without a job',
      ['run', 'lib/values/duration.ts', '--input', '-'],
      /lib\/values\/duration\.ts has no job: its default export must be what defineJob returns/,
    ],
    ['no input', ['run', WORDS], /job 'word-count' reads 'lines': say from where with --input FILE/],
    ['an input that is not there', ['run', WORDS, '--input', 'nope'], /--input nope cannot be read \(ENOENT.*one record a line/],
    ['an input that is a folder', ['run', WORDS, '--input', 'lib'], /--input lib is a folder/],
    ['the standard input and a file', ['run', WORDS, '--input', '-', '--input', 'lines=LICENSE'], /stream 'lines' reads the standard input or files, not both/],
    ['an unknown option', ['run', WORDS, '--frob'], /Unknown option '--frob'; millrace run --help lists the options/],
    ['an option without its value', ['run', WORDS, '--state'], /'--state <value>' argument missing/],
    ['a speed', ['run', WORDS, '--input', '-', '--speed', 'fast'], /--speed fast is not a number above 0, nor max/],
    ['a speed of nothing', ['run', WORDS, '--input', '-', '--speed', '0'], /--speed 0 is not a number above 0/],
    [
      'a speed that looks like an option',
      ['run', WORDS, '--input', '-', '--speed', '-1'],
      /Option '--speed' is followed by what looks like another option; millrace run/,
    ],
    [
      'something to show that is not there',
      ['run', WORDS, '--input', 'LICENSE', '--show', 'sums'],
      /--show sums: job 'word-count' has no output of that prefix; it saves 'counts'/,
    ],
    ['a rate', ['run', WORDS, '--input', '-', '--rate', '-'], /--rate - is not a number above 0/],
    ['shards', ['run', WORDS, '--input', '-', '--shards', '1.5'], /--shards 1\.5 is not a whole number from 1 to 1000/],
    ['partitions', ['run', WORDS, '--input', '-', '--partitions', '65'], /--partitions 65 is not a whole number from 1 to 64/],
    ['a time', ['run', WORDS, '--input', '-', '--start', 'tomorrow'], /--start tomorrow is not a time; write a date/],
    ['a duration', ['run', WORDS, '--input', '-', '--drain', '10'], /--drain 10 is not a duration; write a number and a unit/],
    ['a scale without a field', ['run', WORDS, '--input', '-', '--time-scale', '2'], /--time-scale needs --time/],
    [
      'a key that no line has',
      ['run', WORDS, '--input', 'functions/data/users.json', '--key', 'nmae'],
      /--key nmae: no line that the input begins with is a JSON object with that field; the first has /,
    ],
    [
      'a key of lines that are no JSON',
      ['run', WORDS, '--input', 'LICENSE', '--key', 'k'],
      /--key k: no line that the input begins with is a JSON object with that field$/m,
    ],
    [
      'a time that is no date',
      ['run', WORDS, '--input', 'node_modules/vega-datasets/data/flights-20k.json', '--time', 'origin'],
      /--time origin: .*flights-20k\.json line 1 has "DTW" there, which is no date that is known; known are epoch seconds, ms/,
    ],
    ['a skip where nothing was run', ['skip', WORDS], /there is no state of job 'word-count' in .*: nothing has stopped/],
  ])('%s', async (_what, args, message) => {
    const inFolder = args[0] === 'run' || args[0] === 'skip' ? [...args, ...(args.at(-1) === '--state' ? [] : ['--state', join(folder, 'none')])] : args
    const { code, stdout, stderr } = await runCli(inFolder)
    expect(stderr).toMatch(message)
    // One sentence, no stack.
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })

  test('a program that cannot work, named before anything is opened', async () => {
    const file = program(
      'bad.ts',
      "import { defineJob, seconds, text } from 'millrace'\nexport default defineJob({ name: 'bad', batchInterval: seconds(2) }, (ssc) => ssc.kinesisStream('lines', text()).window(seconds(3)).print())\n",
    )
    const { code, stderr } = await runCli(['run', file, '--input', 'LICENSE', ...places()])
    expect(stderr).toMatch(/window.*3000 ms.*multiple.*2000 ms/s)
    expect(code).toBe(2)
  })

  test('a program that does not compile', async () => {
    const file = program('broken.ts', 'export default {{{')
    const { code, stderr } = await runCli(['run', file, '--input', 'LICENSE', ...places()])
    expect(stderr).toMatch(/broken\.ts cannot be loaded as a job: .*Error/)
    expect(code).toBe(2)
  })

  test('a Node that is too old', async () => {
    const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.0'}})"
    const { code, stdout, stderr } = await startNode(['--import', old, join(root, 'bin/millrace.mjs'), 'run', WORDS]).ended
    expect(stderr).toBe('millrace: this is Node 20.19.0, and millrace needs 22.18 or newer: install Node 24, or put it first in PATH\n')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

describe('help', () => {
  test.each<[readonly string[], RegExp, number]>([
    [['--help'], /run FILE\.ts --input FILE\|-.*produce JOB\|--stream NAME.*skip JOB \| FILE\.ts \[--state DIR\]/s, 0],
    [[], /usage: millrace COMMAND/, 2],
    [['run', '--help'], /--input NAME=FILE.*--speed N\|max.*--shards N.*--partitions N.*--state DIR.*--output DIR.*--start TIME.*--drain DURATION.*--help/s, 0],
    [['skip', '--help'], /--state DIR/, 0],
  ])('millrace %s', async (args, text, code) => {
    const ended = await runCli(args)
    expect(ended.stdout).toMatch(text)
    expect(ended).toMatchObject({ code, stderr: '' })
  })
})

test("a job outside any project finds 'millrace'", async () => {
  const file = program(
    'anywhere.ts',
    "import { defineJob, seconds, text } from 'millrace'\nexport default defineJob({ name: 'anywhere', batchInterval: seconds(1) }, (ssc) => ssc.kinesisStream('lines', text()).print())\n",
  )
  const { code, stdout, stderr } = await runCli(['run', file, '--input', '-', '--start', '1764000000000', ...places()], { stdin: 'to be\nor not\n' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(
    '-------------------------------------------\nTime: 1764000001000 ms\n-------------------------------------------\nto be\nor not\n\n',
  )
})

test("the example: one's own lines through word-count", async () => {
  const { code, stdout, stderr } = await runCli(['run', WORDS, '--input', '-', '--start', '1764000000000', ...places()], { stdin: 'to be or not to be\n' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(
    '-------------------------------------------\nTime: 1764000010000 ms\n-------------------------------------------\n["be",2]\n["to",2]\n["not",1]\n["or",1]\n',
  )
  expect(stdout).toMatch(/^word-count · embedded · 1 shard · batch 5 s · /)
  expect(stdout).toMatch(/^done: 1 record, \d batch(es)?, 0 dead letters · results in .*\/o\/counts-\*$/m)
})
