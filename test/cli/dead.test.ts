// `millrace dead`: what a run could not process, read back from its state.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deadCommand } from '../../lib/cli/dead-command.ts'
import { runEmbedded } from '../../lib/embedded/index.ts'
import { filesOf } from '../embedded/cli.ts'
import { openDatabase } from '../../lib/embedded/stores/open-database.ts'
import { defineJob, json, seconds, type Job } from '../../lib/index.ts'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-dead-'))
  const job: Job = defineJob({ name: 'orders', batchInterval: seconds(5) }, (ssc) => {
    ssc
      .kinesisStream('in', json())
      .map((row) => {
        const { n } = row as { readonly n: number }
        if (n < 0) throw new RangeError('negative')
        return n
      })
      .saveAsJsonFiles('out')
  })
  writeFileSync(join(folder, 'in'), '{"n":1}\nno json\n{"n":-1}\n{"n":-2}\n')
  const summary = await runEmbedded(job, {
    inputs: { in: { path: join(folder, 'in') } },
    state: join(folder, 'state'),
    output: join(folder, 'out'),
    startMs: 0,
    rate: 0.25,
  })
  expect(summary).toMatchObject({ deadLetters: 3, allDead: false })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const dead = (...args: readonly string[]): Promise<string> => command(['orders', '--state', join(folder, 'state'), ...args])

async function command(args: readonly string[], code = 0): Promise<string> {
  let out = ''
  const write = (text: string): unknown => (out += text)
  const io = { stdin: (async function* (): AsyncGenerator<Uint8Array> {})(), stdout: { write }, stderr: { write }, now: () => 0 }
  expect(await deadCommand.run(args, io)).toBe(code)
  return out
}

const lines = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> =>
  (await dead('--json', ...args))
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('groups by operator and error, with counts, newest time, and the place in the program', async () => {
  const table = await dead()
  expect(table).toMatch(/^ +2 +1970-01-01T00:00:15\.000Z +map-\S+ +RangeError: negative \(.*dead\.test\.ts:\d+:\d+\) +rec\/in\/shardId-000000000000#\d+\.0$/m)
  expect(table).toMatch(/^ +1 +1970-01-01T00:00:05\.000Z +in\S* +MillraceError BAD_VALUE: record is not JSON/m)
  expect(table).toContain('3 dead letters; one of them whole')
})

test('each as a line, selected by operator and time', async () => {
  const all = await lines()
  expect(all.map(({ text }) => text).sort()).toEqual(['no json', '{"n":-1}', '{"n":-2}'])
  const [bad] = all.filter(({ text }) => text === 'no json')
  expect((await lines('--operator', String(bad?.['operator']))).map(({ text }) => text)).toEqual(['no json'])
  expect((await lines('--since', '1970-01-01T00:00:11Z')).map(({ text }) => text)).toEqual(['{"n":-2}'])
})

test('one by its id: text, hex, position, stack', async () => {
  const [letter] = (await lines()).filter(({ text }) => text === '{"n":-2}')
  const shown = await dead(String(letter?.['id']))
  expect(shown).toContain('record     in/shardId-000000000000 4\n')
  expect(shown).toContain(`hex        ${Buffer.from('{"n":-2}').toString('hex')}\n`)
  expect(shown).toMatch(/error {6}RangeError: negative\n +at .*dead\.test\.ts/)
  await expect(dead('rec/in/x#1.0')).rejects.toThrow("job 'orders' has no dead letter rec/in/x#1.0")
})

test('beside a process that runs the job: it holds the state for itself, and who only reads is not in its way', async () => {
  const running = openDatabase(join(folder, 'state', 'orders.db'))
  try {
    expect(await dead()).toContain('3 dead letters; one of them whole')
  } finally {
    running.close()
  }
})

test('names the folder in which there is no run', async () => {
  const io = { stdin: (async function* (): AsyncGenerator<Uint8Array> {})(), stdout: { write: () => {} }, stderr: { write: () => {} }, now: () => 0 }
  await expect(deadCommand.run(['orders', '--state', join(folder, 'elsewhere')], io)).rejects.toThrow(/no run of job 'orders' in .*elsewhere/)
})

test('exported: records as they came, which a mended program takes as a new input, once each', async () => {
  let mended = false
  const sums: Job = defineJob({ name: 'sums', batchInterval: seconds(5) }, (ssc) => {
    ssc
      .kinesisStream('in', json())
      .map((row) => {
        const { n } = row as { readonly n: number }
        if (n < 0 && !mended) throw new RangeError('negative')
        return Math.abs(n)
      })
      .mapToPair((n) => ['sum', n])
      .updateStateByKey((values, sum: number | undefined) => values.reduce((a, b) => a + b, sum ?? 0))
      .saveAsJsonFiles('sums')
  })
  const place = { state: join(folder, 'sums-state'), output: join(folder, 'sums-out') }
  const input = join(folder, 'sums-in')
  writeFileSync(input, '{"n":1}\n{"n":-20}\n{ "n" : -300 }\n')
  expect(await runEmbedded(sums, { inputs: { in: { path: input } }, ...place })).toMatchObject({ deadLetters: 2 })

  const again = join(folder, 'again.jsonl')
  const said = await command(['sums', '--state', place.state, '--export', again])
  expect(said).toBe(`2 records of stream 'in' in ${again}\n`)
  expect(readFileSync(again, 'utf8')).toBe('{"n":-20}\n{ "n" : -300 }\n')
  await expect(command(['sums', '--state', place.state, '--export', again])).rejects.toThrow(/the file is there already; name another/)

  mended = true
  expect(await runEmbedded(sums, { inputs: { in: { path: again } }, ...place, continue: true })).toMatchObject({ records: 2, deadLetters: 0 })
  const files = [...filesOf(place.output)].filter(([path]) => path.includes('/part-'))
  expect(files.at(-1)?.[1]).toBe('["sum",321]\n')
})

test('exported: what is no line is named, what cannot be one file is refused, and nothing is left behind then', async () => {
  const odd: Job = defineJob({ name: 'odd', batchInterval: seconds(5) }, (ssc) => {
    const fail = (): number => {
      throw new RangeError('no')
    }
    const rows = ssc.kinesisStream('in', { decode: (data) => data.toString() })
    rows.map(fail).saveAsTextFiles('a')
    const keyed = ssc.kinesisStream('other', json()).mapToPair((n) => [n as number, 1])
    keyed
      .reduceByKey((a, b) => a + b)
      .map(fail)
      .saveAsTextFiles('b')
  })
  // An array's element keeps its line breaks.
  writeFileSync(join(folder, 'odd.json'), '["x",{\n"a":1}]')
  writeFileSync(join(folder, 'other'), '7\n')
  const state = join(folder, 'odd-state')
  await runEmbedded(odd, { inputs: { in: { path: join(folder, 'odd.json') }, other: { path: join(folder, 'other') } }, state, output: join(folder, 'odd-out') })
  const to = join(folder, 'odd-again')
  await expect(command(['odd', '--state', state, '--export', to])).rejects.toThrow(
    "these dead letters are of several kinds, and a file holds one: records of stream 'in'; rows behind a shuffle. Name an operator",
  )
  expect(existsSync(to)).toBe(false)
  await expect(command(['odd', '--state', state, '--operator', 'nobody', '--export', to])).rejects.toThrow('there are no such dead letters')
  await expect(command(['odd', '--state', state, '--export', `${to}.json`])).rejects.toThrow('call it .jsonl')

  const letters = (await command(['odd', '--state', state, '--json']))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const operatorOf = (is: (letter: Record<string, unknown>) => boolean): string => String(letters.find(is)?.['operator'])
  const early = operatorOf(({ text }) => text !== undefined)
  const late = operatorOf(({ row }) => row !== undefined)
  expect(await command(['odd', '--state', state, '--operator', early, '--export', to], 1)).toMatch(
    /^1 records of stream 'in' in .*\nrec\/in\/\S+ is no line of text/,
  )
  expect(readFileSync(to, 'utf8')).toBe('"x"\n')
  expect(await command(['odd', '--state', state, '--operator', late, '--export', `${to}-rows`])).toBe(`1 rows in ${to}-rows\n`)
  expect(readFileSync(`${to}-rows`, 'utf8')).toBe('{"key":7,"value":1}\n')
})
