// A batch that fails for good ends the run, and the command that its message names goes on: through the real command line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { filesOf, runCli, type Ended } from './cli.ts'

const JOB = 'test/embedded/jobs/failing.ts'
const START_MS = 1_770_000_000_000

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-skip-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
const output = (): Record<string, unknown> => Object.fromEntries(filesOf(join(folder, 'out')))
const at = (second: number, prefix: string, name: string): string => `${prefix}-${START_MS + second * 1000}/${name}`
/** The arguments of the command that a message recommends. */
const recommended = ({ stderr }: Ended): string[] => /^ {2}npx millrace (.*)$/m.exec(stderr)![1]!.split(' ')

function start(failIn: string, args: readonly string[], stdin = ''): Promise<Ended> {
  return runCli(args, { stdin, env: { FAIL_IN: failIn, CALLS: join(folder, 'calls') } })
}

function run(input: string): readonly string[] {
  return ['run', JOB, '--input', input, '--rate', '1', '--start', String(START_MS), '--state', join(folder, 'state'), '--output', join(folder, 'out')]
}

// One line a second: the second batch is the one that fails.
const LINES = ['a b', 'bad bad', 'c a', 'd']

describe.each([
  {
    failIn: 'reduce',
    operator: /join-words/,
    message:
      /batch 1 \(time 1770000002000 ms, 2026-02-02T02:40:02\.000Z\) has failed 3 times in operator 'join-words': .* values of key "bad": RangeError: no bad words/,
    sorted: 'bad\nbad\n',
    joined: undefined,
    deadLetters: 2,
    called: ['a b', 'bad bad', 'c a', 'd'],
  },
  {
    failIn: 'transform',
    operator: /transform-\w+/,
    message: /batch 1 \(.*\) has failed 3 times in operator 'transform-\w+': .* threw in batch 1770000002000: RangeError: no bad words/,
    sorted: undefined,
    joined: '["bad","bad+bad"]\n',
    deadLetters: 2,
    called: ['a b', 'bad bad', 'c a', 'd'],
  },
  {
    failIn: 'foreachRDD',
    operator: /tell/,
    message: /batch 1 \(.*\) has failed 3 times in operator 'tell': .* \(foreachRDD\) threw in batch 1770000002000: RangeError: no bad words/,
    sorted: 'bad\nbad\n',
    joined: '["bad","bad+bad"]\n',
    deadLetters: 0,
    called: ['a b', 'bad bad', 'bad bad', 'bad bad', 'c a', 'd'],
  },
])('a $failIn that fails', ({ failIn, operator, message, sorted, joined, deadLetters, called }) => {
  test('ends the run after three attempts, and the command that is printed goes on without it', async () => {
    const input = join(folder, 'in')
    writeFileSync(input, `${LINES.join('\n')}\n`)
    const stopped = await start(failIn, run(input))
    expect(stopped.code).toBe(1)
    expect(stopped.stderr).toMatch(message)
    expect(Object.keys(output()).filter((path) => path.includes(`-${START_MS + 2000}`) && path.endsWith('_SUCCESS'))).toEqual([])

    const skipped = await start(failIn, recommended(stopped))
    expect(skipped).toMatchObject({ code: 0, stderr: '' })
    expect(skipped.stdout).toMatch(/^the batch of 2026-02-02T02:40:02\.000Z goes on without operator '/)
    expect(skipped.stdout).toMatch(/^resumed failing at batch 2 of 4 /m)
    expect(skipped.stdout).toMatch(new RegExp(`^done: 4 records, 4 batches, ${deadLetters} dead letters`, 'm'))
    const files = output()
    expect(files[at(2, 'sorted', 'part-00000')]).toBe(sorted)
    expect(files[at(2, 'joined', 'part-00000')]).toBe(joined)
    expect(JSON.parse(String(files[at(2, 'sorted', '_SUCCESS')]))).toMatchObject({ deadLetters, skipped: [expect.stringMatching(operator)] })
    expect(files[at(3, 'joined', 'part-00000')]).toBe('["a","a"]\n["c","c"]\n')
    expect(files[at(4, 'sorted', 'part-00000')]).toBe('d\n')
    expect(calls()).toEqual(called)
    if (deadLetters > 0) {
      const letters = readFileSync(join(folder, 'state/failing/dead-letters.jsonl'), 'utf8').trim().split('\n')
      expect(letters.map((line) => JSON.parse(line) as unknown)).toHaveLength(deadLetters)
      for (const line of letters)
        expect(JSON.parse(line)).toMatchObject({ operator: expect.stringMatching(operator), error: { name: 'RangeError', message: 'no bad words' } })
    }

    const again = await start(failIn, recommended(stopped))
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/no batch of job 'failing' has failed: there is nothing to skip/) })
  })

  test('goes on by itself once the program is mended', async () => {
    const input = join(folder, 'in')
    writeFileSync(input, `${LINES.join('\n')}\n`)
    expect(await start(failIn, run(input))).toMatchObject({ code: 1 })
    const mended = await start('nothing', run(input))
    expect(mended).toMatchObject({ code: 0, stderr: '' })
    const files = output()
    expect(files[at(2, 'sorted', 'part-00000')]).toBe('bad\nbad\n')
    expect(files[at(2, 'joined', 'part-00000')]).toBe('["bad","bad+bad"]\n')
    expect(JSON.parse(String(files[at(2, 'sorted', '_SUCCESS')]))).toMatchObject({ deadLetters: 0, skipped: [] })
  })
})

test('lines of the standard input that came after the failure are kept, and skip goes on with them', async () => {
  const stopped = await start('transform', run('-'), `${LINES.join('\n')}\n`)
  expect(stopped.code).toBe(1)
  const skipped = await start('transform', recommended(stopped))
  expect(skipped.stdout).toMatch(/^done: 4 records, 4 batches, 2 dead letters/m)
  expect(output()[at(4, 'sorted', 'part-00000')]).toBe('d\n')
})

test('what a window holds is skipped until the time that the message names, and no longer', async () => {
  const input = join(folder, 'in')
  // A line a second: `bad` is in the windows of batches 2, 3 and 4.
  writeFileSync(input, 'a\nbad\nc\nd\ne\nf\n')
  const job = 'test/embedded/jobs/failing-window.ts'
  const begin = ['run', job, '--input', input, '--rate', '1', '--start', String(START_MS), '--state', join(folder, 'state'), '--output', join(folder, 'out')]
  const timeOf = (second: number): string => new Date(START_MS + second * 1000).toISOString()
  const stopped = await runCli(begin)
  expect(stopped.code).toBe(1)
  const [, operator] = /in operator '(transform-\S+)'/.exec(stopped.stderr)!

  const once = await runCli(recommended(stopped))
  expect(once.code).toBe(1)
  expect(once.stdout).toContain(`the batch of ${timeOf(2)} goes on without operator '${operator}'`)
  expect(once.stdout).toContain(`windows hold its rows until ${timeOf(5)}, for 3 s`)
  expect(once.stderr).toMatch(new RegExp(`time ${START_MS + 3000} ms`))

  expect(await runCli([...recommended(once), '--until', timeOf(3)])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/is not after the batch that is stuck/),
  })
  const [, until] = /--until (\S+)$/m.exec(once.stdout)!
  const rest = await runCli([...recommended(once), '--until', until!])
  expect(rest).toMatchObject({ code: 0, stderr: '' })
  expect(rest.stdout).toContain(`the batch of ${timeOf(3)} and all before ${timeOf(5)} go on without operator '${operator}'`)
  const files = output()
  const skipped = [1, 2, 3, 4, 5, 6].map((second) => (JSON.parse(String(files[at(second, 'words', '_SUCCESS')])) as { skipped: string[] }).skipped)
  expect(skipped).toEqual([[], [operator], [operator], [operator], [], []])
  expect([1, 2, 3, 4, 5, 6].map((second) => files[at(second, 'words', 'part-00000')])).toEqual([
    'a\n',
    undefined,
    undefined,
    undefined,
    'c\nd\ne\n',
    'd\ne\nf\n',
  ])
})

test("a record before the shuffle stops a run with onError 'fail': line, place and remedy are named, and the mended program goes on", async () => {
  const job = join(folder, 'strict.ts')
  const program = (throws: string): string =>
    `import { defineJob, seconds, text } from 'millrace'\nexport default defineJob({ name: 'strict', batchInterval: seconds(1), onError: 'fail' }, (ssc) => {\n  ssc.kinesisStream('in', text()).map((line) => {\n    ${throws}\n    return line\n  }).saveAsTextFiles('lines')\n})\n`
  writeFileSync(job, program("if (line === 'b') throw new RangeError('no b')"))
  writeFileSync(join(folder, 'in'), 'a\nb\nc\n')
  const begin = ['run', job, '--input', join(folder, 'in'), '--start', String(START_MS), '--state', join(folder, 'state'), '--output', join(folder, 'out')]
  const stopped = await runCli(begin)
  expect(stopped.code).toBe(1)
  expect(stopped.stderr).toMatch(
    /failed on record 2 of in\/shardId-000000000000, and the job says onError: 'fail': RangeError: no b \(\S*strict\.ts:4:\d+\)\. Nothing of it is lost: the shard waits\. Mend the program, or let/,
  )
  writeFileSync(job, program(''))
  expect(await runCli(begin)).toMatchObject({ code: 0, stderr: '' })
  expect(output()[at(1, 'lines', 'part-00000')]).toBe('a\nb\nc\n')
})
