// The page of a real run in a real browser: what it shows is what the run says, it goes on after kill -9, and the command that it offers is run as it stands there.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FLIGHTS } from '../embedded/flights.ts'
import { openBrowser } from './browser.ts'

const root = resolve(import.meta.dirname, '../..')
const node = join(root, 'node_modules/.bin/node')

let folder: string
let browser: Browser
const running: ChildProcess[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-ui-'))
  browser = await openBrowser()
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly ended: Promise<number | null>
}

/** `terminal`: the run believes that somebody watches, so its page stays. */
function start(args: readonly string[], { terminal = false } = {}): Run {
  const tty = join(folder, 'tty.mjs')
  writeFileSync(tty, 'process.stdout.isTTY = true\n')
  const child = spawn(node, [...(terminal ? ['--import', tty] : []), 'bin/millrace.mjs', 'run', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text, ended: new Promise((done) => void child.once('exit', (code) => done(code))) }
}

const places = (name: string): string[] => ['--state', join(folder, name, 'state'), '--output', join(folder, name, 'out')]

async function open(port: number): Promise<{ readonly page: Page; readonly problems: string[] }> {
  const page = await (await browser.newContext()).newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  for (const deadline = Date.now() + 60_000; ;) {
    try {
      await page.goto(`http://127.0.0.1:${port}/`)
      return { page, problems }
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((done) => setTimeout(done, 100))
    }
  }
}

const totals = (page: Page): Promise<string> => page.locator('[data-totals]').innerText({ timeout: 60_000 })

describe('the page of a run', () => {
  it('shows the numbers of its summary, stays in a terminal until it is told to stop, and each of its pages is sound', async () => {
    const port = await freePort()
    const run = start([...FLIGHTS, '--shards', '4', '--speed', 'max', '--ui-port', String(port), ...places('summary')], { terminal: true })
    const { page, problems } = await open(port)
    await page.locator('.pill.ended').waitFor({ timeout: 120_000 })
    const [, records, batches] = /done: ([\d ]+) records, ([\d ]+) batches/.exec(run.output()) ?? []
    const flights = JSON.parse(readFileSync(join(root, 'node_modules/vega-datasets/data/flights-20k.json'), 'utf8')) as unknown[]
    expect(Number(records?.replaceAll(' ', ''))).toBe(flights.length)
    await page.reload()
    expect((await totals(page)).replaceAll('\u202f', ' ')).toContain(`(${batches} completed batches, ${records} records)`)
    // With --speed max there is no wall clock to measure delays by: no made-up 0.
    expect(await page.locator('.card', { hasText: 'Behind' }).locator('.value').innerText()).toBe('-')

    const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ bypassCSP: true, colorScheme })
      const other = await context.newPage()
      other.on('pageerror', (error) => problems.push(error.message))
      for (const path of ['/', '/batches/3', '/program', '/inputs', '/state', '/dashboard', '/outputs', '/dead-letters']) {
        await other.goto(`http://127.0.0.1:${port}${path}`)
        await other.locator('main section, main .empty').first().waitFor()
        await other.waitForTimeout(300)
        await other.addScriptTag({ content: axe })
        const found = await other.evaluate(() =>
          (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run(),
        )
        expect(
          found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          `${path} in ${colorScheme}`,
        ).toEqual([])
      }
      await context.close()
    }
    // Operators with their place in the program, and no warning about a program that has none.
    await page.goto(`http://127.0.0.1:${port}/program`)
    const line =
      readFileSync(join(root, 'functions/worst-airports.ts'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('.reduceByKeyAndWindow(')) + 1
    await page.getByText(`functions/worst-airports.ts:${line}`).waitFor()
    await page.goto(`http://127.0.0.1:${port}/inputs`)
    await page.getByText('shardId-000000000003').waitFor()
    expect(await page.locator('.note').allInnerTexts()).toEqual([])
    // The dashboard that the program declares: flights of the last day, of those an hour late or more, and the ten worst airports of the week.
    await page.goto(`http://127.0.0.1:${port}/dashboard`)
    await page.getByText('Flights of 2001').waitFor()
    const days = Map.groupBy(flights as readonly { readonly date: string; readonly delay: number }[], ({ date }) => date.slice(0, 10))
    const lastDay = days.get([...days.keys()].toSorted().at(-1) ?? '') ?? []
    const late = lastDay.filter(({ delay }) => delay >= 60).length
    const legend = await page.locator('.legend li').allInnerTexts()
    expect(legend.map((text) => text.trim()).toSorted()).toEqual([`all others${lastDay.length - late}`, `an hour late or more${late}`])
    expect(await page.locator('.bars .label').count()).toBe(10)
    expect(problems).toEqual([])
    run.child.kill('SIGINT')
    expect(await run.ended).toBe(0)
  })

  it('goes on by itself in the same tab after kill -9', async () => {
    const port = await freePort()
    const args = [...FLIGHTS, '--speed', '4', '--ui-port', String(port), ...places('killed')]
    const first = start(args)
    const { page } = await open(port)
    await page.locator('.cells .cell.finished').nth(2).waitFor({ timeout: 60_000 })
    const before = await page.locator('.cells .cell').count()
    first.child.kill('SIGKILL')
    await first.ended
    await page.locator('.pill.away').waitFor({ timeout: 30_000 })
    start(args)
    await page
      .locator('.cells .cell.finished')
      .nth(before + 2)
      .waitFor({ timeout: 60_000 })
    expect(await page.locator('.pill.running').count()).toBe(1)
  })

  it('shows what broke, and its own command, run as copied, goes on in the same tab', async () => {
    const file = join(folder, 'breaks.ts')
    const program = (body: string): string => `import { defineJob, seconds, text } from 'millrace'
export default defineJob({ name: 'breaks', batchInterval: seconds(1) }, (ssc) => {
  ssc.kinesisStream('lines', text()).foreachRDD((rdd) => { ${body} }, { uid: 'shop' })
})
`
    writeFileSync(file, program("if (rdd.collect().includes('bad')) throw new Error('<b>the shop</b> is closed')"))
    const input = join(folder, 'breaks.txt')
    writeFileSync(input, 'a\nbad\nc\nd\n')
    const port = await freePort()
    const run = start([file, '--input', input, '--rate', '1', '--ui-port', String(port), ...places('breaks')], { terminal: true })
    const { page, problems } = await open(port)
    await page.locator('.note.bad', { hasText: 'shop' }).waitFor({ timeout: 60_000 })
    // A row that is HTML is text.
    expect(await page.locator('.note.bad pre').innerText()).toContain('<b>the shop</b> is closed')
    const command = await page.locator('[data-command]', { hasText: ' skip ' }).innerText()
    expect(command).not.toContain('shop is closed')
    // As copied into a shell; npx is this very checkout's.
    const bin = join(folder, 'bin')
    mkdirSync(bin, { recursive: true })
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec '${node}' --import '${join(folder, 'tty.mjs')}' '${join(root, 'bin/millrace.mjs')}' "$@"\n`, {
      mode: 0o755,
    })
    const skip = spawn('bash', ['-c', command], { cwd: root, stdio: 'ignore', env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` } })
    running.push(skip)
    expect(await run.ended).toBe(1)
    await page.locator('.cells .cell.skipped').waitFor({ timeout: 60_000 })
    await page.locator('.pill.ended').waitFor({ timeout: 60_000 })
    expect(problems).toEqual([])
  })
})
