// No path leaves with exit code 0 unless the end was reached. Each case is a process of its own.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli, startCli, type Running } from '../embedded/cli.ts'

const TIMEOUT_MS = 60_000

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-stops-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function job(name: string, body: string): string {
  const path = join(folder, `${name}.ts`)
  writeFileSync(
    path,
    `import { defineJob, json, seconds, text } from 'millrace'\nexport default defineJob({ name: '${name}', batchInterval: seconds(1) }, (ssc) => {\n${body}\n})\n`,
  )
  return path
}

function args(path: string, ...more: readonly string[]): string[] {
  return ['run', path, '--state', join(folder, 'state'), '--output', join(folder, 'out'), ...more]
}

function results(name: string): string {
  const directories = readdirSync(join(folder, 'out')).filter((directory) => directory.startsWith(`${name}-`))
  const parts = directories.flatMap((directory) =>
    readdirSync(join(folder, 'out', directory))
      .filter((part) => part.startsWith('part-'))
      .map((part) => readFileSync(join(folder, 'out', directory, part), 'utf8')),
  )
  return parts.join('')
}

async function until(run: Running, text: string): Promise<void> {
  while (!run.stdout().includes(text)) await new Promise((resolve) => run.process.stdout.once('data', resolve))
}

test.concurrent('a foreachRDD that never settles', { timeout: TIMEOUT_MS }, async () => {
  const path = job('hang', "  ssc.kinesisStream('in', text()).foreachRDD(() => new Promise(() => {}), { uid: 'tell' })")
  const { code, stderr } = await runCli(args(path, '--input', '-'), { stdin: 'a\n' })
  expect([code, stderr]).toEqual([1, expect.stringContaining("operator 'tell' (foreachRDD) in batch 0 waits for a promise that nothing will ever settle")])
})

test.concurrent('records of which none is good, and where the program threw', { timeout: TIMEOUT_MS }, async () => {
  const path = job(
    'dead',
    "  ssc.kinesisStream('in', text()).map((line) => {\n    throw new RangeError(`no ${line}`, { cause: new Error('connect ECONNREFUSED') })\n  }).saveAsTextFiles('dead')",
  )
  const { code, stdout } = await runCli(args(path, '--input', '-'), { stdin: 'a\nb\n' })
  expect(code).toBe(1)
  expect(stdout).toMatch(/RangeError: no a; caused by Error: connect ECONNREFUSED \(.*dead\.ts:4:11\) \(the first of 2\)\nno record was good/)
})

test.concurrent('a reader that has enough', { timeout: TIMEOUT_MS }, async () => {
  const path = job('pipe', "  ssc.kinesisStream('in', text()).print(3)")
  const run = startCli(args(path, '--input', '-', '--rate', '1'), { stdin: 'a\n'.repeat(20_000) })
  await until(run, 'Time: ')
  run.process.stdout.destroy()
  const { code, stderr } = await run.ended
  expect([code, stderr]).toEqual([1, expect.stringContaining('whoever read the output has closed it before the end')])
})

test.concurrent.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s: what was read is kept, and a quiet input answers within an interval', { timeout: TIMEOUT_MS }, async (signal, expected) => {
  const name = signal.toLowerCase()
  const path = job(name, `  const lines = ssc.kinesisStream('in', text())\n  lines.saveAsTextFiles('${name}')\n  lines.print()`)
  const run = startCli(args(path, '--input', '-', '--speed', '1'), { stdin: null })
  run.process.stdin.write('one\n')
  await until(run, '"one"'.replaceAll('"', ''))
  run.process.stdin.write('two\n')
  await until(run, 'two')
  run.process.kill(signal)
  const { code, stderr } = await run.ended
  expect([code, stderr]).toEqual([expected, expect.stringContaining('What was read is kept: start the same command again')])
  expect(await runCli(args(path, '--input', '-'), { stdin: 'one\ntwo\nthree' })).toMatchObject({ code: 0 })
  expect(results(name)).toBe('one\ntwo\nthree\n')
})

test.concurrent('SIGTERM twice: the second one does not wait for the step that goes on', { timeout: TIMEOUT_MS }, async () => {
  const path = job(
    'twice',
    "  ssc.kinesisStream('in', text()).foreachRDD(() => new Promise((resolve) => {\n    console.log('it takes its time')\n    setTimeout(resolve, 3_600_000)\n  }))",
  )
  const run = startCli(args(path, '--input', '-'), { stdin: 'a\n' })
  await until(run, 'it takes its time')
  run.process.kill('SIGTERM')
  // Signals of one kind that wait are one: until it has ended it gets another.
  const again = setInterval(() => run.process.kill('SIGTERM'), 200)
  const { code, stderr } = await run.ended
  clearInterval(again)
  expect([code, stderr]).toEqual([143, expect.stringContaining('stopped at once by a second SIGTERM. What is committed is kept')])
})

test.concurrent.each([2, 5, 7])(
  'a run that goes on with an interval of %i s in place of 3 s counts nothing twice, and says so',
  { timeout: TIMEOUT_MS },
  async (other) => {
    const name = `every${other}`
    const path = job(
      name,
      `  const lines = ssc.kinesisStream('in', text())\n  lines.saveAsTextFiles('${name}')\n  lines.foreachRDD((rdd) => {\n    if (process.env.STOP !== undefined && rdd.collect().includes('40')) throw new RangeError('stop')\n  })`,
    )
    writeFileSync(path, readFileSync(path, 'utf8').replace('seconds(1)', 'seconds(Number(process.env.EVERY))'))
    const lines = Array.from({ length: 100 }, (_, i) => String(i))
    const file = join(folder, `${name}.txt`)
    writeFileSync(file, `${lines.join('\n')}\n`)
    const run = args(path, '--input', file, '--rate', '2')
    expect(await runCli(run, { env: { EVERY: '3', STOP: 'yes' } })).toMatchObject({ code: 1 })
    const { code, stdout } = await runCli(run, { env: { EVERY: String(other) } })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^resumed every\d at batch \d+ of \d+ \(\d+ records committed, 0 counted twice\)$/m)])
    expect(results(name).trimEnd().split('\n').sort()).toEqual([...lines].sort())
  },
)

test.concurrent('a results folder that vanishes', { timeout: TIMEOUT_MS }, async () => {
  const out = join(folder, 'gone')
  const path = job(
    'gone',
    `  const lines = ssc.kinesisStream('in', text())\n  lines.saveAsTextFiles('gone')\n  lines.foreachRDD(async () => (await import('node:fs')).rmSync(${JSON.stringify(out)}, { recursive: true, force: true }))`,
  )
  const { code, stderr } = await runCli(['run', path, '--input', '-', '--rate', '1', '--state', join(folder, 'state'), '--output', out], { stdin: 'a\nb\nc\n' })
  expect([code, stderr]).toEqual([1, expect.stringContaining('has vanished while the run was going')])
})

test.concurrent('a state folder that cannot be made', { timeout: TIMEOUT_MS }, async () => {
  writeFileSync(join(folder, 'file'), '')
  const path = job('nostate', "  ssc.kinesisStream('in', text()).print()")
  const { code, stderr } = await runCli(['run', path, '--input', '-', '--state', join(folder, 'file', 'state')], { stdin: 'a\n' })
  expect([code, stderr]).toEqual([1, expect.stringContaining('a file stands where a folder must be')])
})

test.concurrent('a program that Node cannot parse: file, line and text', { timeout: TIMEOUT_MS }, async () => {
  const path = job('enum', '  enum Colour { Red }')
  const { code, stderr } = await runCli(args(path, '--input', '-'), { stdin: '' })
  expect([code, stderr]).toEqual([2, expect.stringMatching(/enum\.ts:3: enum Colour/)])
})

test.concurrent('--version', { timeout: TIMEOUT_MS }, async () => {
  expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
