// `millrace dead`: what a run could not process, read back from its state.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deadCommand } from '../../lib/cli/dead-command.ts'
import { runEmbedded } from '../../lib/embedded/index.ts'
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

async function dead(...args: readonly string[]): Promise<string> {
  let out = ''
  const write = (text: string): unknown => (out += text)
  const io = { stdin: (async function* (): AsyncGenerator<Uint8Array> {})(), stdout: { write }, stderr: { write }, now: () => 0 }
  expect(await deadCommand.run(['orders', '--state', join(folder, 'state'), ...args], io)).toBe(0)
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
