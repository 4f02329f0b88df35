// `millrace ui --state`: the page of a run that is over. What is expected comes from the lines that were put.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli, startCli } from '../embedded/cli.ts'

const LINES = ['a b', 'b', 'not a number', 'c']
const PROGRAM = (name: string): string => `import { defineJob, seconds, text } from 'millrace'
export default defineJob({ name: '${name}', batchInterval: seconds(1) }, (ssc) => {
  ssc.kinesisStream('lines', text()).map((line) => {
    if (line.includes('number')) throw new Error('<i>refused</i>')
    return line
  }).saveAsTextFiles('${name}')
})
`

let folder: string
let state: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-ui-'))
  state = join(folder, 'state')
  const input = join(folder, 'lines.txt')
  writeFileSync(input, `${LINES.join('\n')}\n`)
  for (const name of ['one', 'two']) {
    writeFileSync(join(folder, `${name}.ts`), PROGRAM(name))
    const { code } = await runCli([
      'run',
      join(folder, `${name}.ts`),
      '--input',
      input,
      '--rate',
      '1',
      '--speed',
      'max',
      '--ui',
      'off',
      '--state',
      state,
      '--output',
      join(folder, name),
    ])
    expect(code).toBe(0)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ask = (url: string): Promise<unknown> =>
  new Promise((done, fail) => {
    get(url, { headers: { 'sec-fetch-site': 'same-origin' } }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => done(JSON.parse(text)))
    }).on('error', fail)
  })

it('shows a run that is over by its state alone, ends with Ctrl-C, and leaves the state free', async () => {
  const ui = startCli(['ui', 'two', '--state', state])
  const url = await new Promise<string>((done) =>
    ui.process.stdout.on('data', () => {
      const found = /^page: (http:\/\/127\.0\.0\.1:\d+)\n/.exec(ui.stdout())?.[1]
      if (found !== undefined) done(found)
    }),
  )
  expect(await ask(`${url}/api/job`)).toMatchObject({ job: 'two', kind: 'embedded', state: 'ended', error: null, hasProgram: false })
  expect(await ask(`${url}/api/streaming`)).toMatchObject({ totals: { batches: LINES.length, records: LINES.length }, deadLetters: 1, behind: { ms: null } })
  expect(await ask(`${url}/api/dead-letters`)).toMatchObject({ count: 1, groups: [{ letters: [{ text: 'not a number', message: '<i>refused</i>' }] }] })
  expect(await ask(`${url}/api/batches/0`)).toMatchObject({ figures: { records: { lines: 1 } } })
  ui.process.kill('SIGINT')
  expect(await ui.ended).toMatchObject({ code: 0, stderr: '' })
})

it.each([
  ['a folder without a run', ['ui', '--state', 'nowhere'], /there is no state of a run in nowhere: name its folder with --state DIR/],
  ['one of several runs that is not named', ['ui', '--state', 'STATE'], /holds the states of one, two: say which, millrace ui one --state /],
  ['a run that is not there', ['ui', 'three', '--state', 'STATE'], /holds the states of one, two/],
] as const)('says what to do about %s', async (_what, args, message) => {
  const { code, stdout, stderr } = await runCli(args.map((arg) => (arg === 'STATE' ? state : arg)))
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
})
