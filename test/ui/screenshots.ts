// npm run screenshots: the pictures of README and docs/ui.md, each page in light and dark, of the demonstration as it runs.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FLIGHTS } from '../embedded/flights.ts'
import { openBrowser } from './browser.ts'

const root = resolve(import.meta.dirname, '../..')
const target = join(root, 'docs/img')
const PORT = 4490
const BATCHES = 30
const PAGES = [
  ['streaming', '/'],
  ['batch', '/batches/12'],
  ['program', '/program'],
  ['inputs', '/inputs'],
  ['state', '/state'],
  ['dashboard', '/dashboard'],
  ['outputs', '/outputs'],
  ['dead-letters', '/dead-letters'],
] as const

const folder = mkdtempSync(join(tmpdir(), 'millrace-shots-'))
mkdirSync(target, { recursive: true })
const run = spawn(
  join(root, 'node_modules/.bin/node'),
  [
    'bin/millrace.mjs',
    'run',
    ...FLIGHTS,
    '--shards',
    '4',
    '--speed',
    '1',
    '--ui-port',
    String(PORT),
    '--state',
    join(folder, 'state'),
    '--output',
    join(folder, 'out'),
  ],
  { cwd: root, stdio: 'ignore' },
)
const browser = await openBrowser()
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await (await browser.newContext({ colorScheme, viewport: { width: 1280, height: 860 } })).newPage()
    for (;;) {
      try {
        await page.goto(`http://127.0.0.1:${PORT}/`)
        break
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
    await page.locator('.cells .cell.finished').nth(BATCHES).waitFor({ timeout: 120_000 })
    for (const [name, path] of PAGES) {
      await page.goto(`http://127.0.0.1:${PORT}${path}`)
      await page.locator('main section, main .empty').first().waitFor()
      await page.waitForTimeout(700)
      await page.screenshot({ path: join(target, `ui-${name}-${colorScheme}.png`) })
    }
  }
} finally {
  await browser.close()
  run.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${2 * PAGES.length} pictures in docs/img`)
