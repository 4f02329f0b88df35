// Lines of a standard input cannot be read again, so they are kept with the state before anybody sees them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KeptLines } from '../../../lib/embedded/inputs/kept-lines.ts'
import { openDatabase } from '../../../lib/embedded/stores/open-database.ts'
import { filesOf, runCli, startCli } from '../cli.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-stdin-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

describe('lines that are kept', () => {
  /** What a start reads, until it is killed after so many lines; and whether it heard of the end. */
  async function start(texts: readonly string[], lines = Infinity): Promise<{ readonly read: readonly string[]; readonly whole: boolean }> {
    const db = openDatabase(join(folder, 'job.db'))
    const read: string[] = []
    let whole = false
    for await (const some of new KeptLines(db, 'in', () => (whole = true)).read(chunks(...texts))) {
      read.push(...some.map((line) => Buffer.from(line).toString()))
      if (read.length >= lines) break
    }
    db.close()
    return { read, whole }
  }

  test.each<{ what: string; first: readonly string[]; killedAfter: number; second: readonly string[]; read: readonly string[] }>([
    { what: 'nothing more comes: what was read is read again', first: ['a\nb\n', 'c\n'], killedAfter: 2, second: [], read: ['a', 'b'] },
    { what: 'the same input again: only what is new is new', first: ['a\nb\n', 'c\n'], killedAfter: 2, second: ['a\n', 'b\nc\nd'], read: ['a', 'b', 'c', 'd'] },
    { what: 'the rest of it: all of it is new', first: ['a\nb\n', 'c\n'], killedAfter: 2, second: ['c\nd\n'], read: ['a', 'b', 'c', 'd'] },
    { what: 'a rest that begins like the whole', first: ['a\nb\nc\n'], killedAfter: 3, second: ['a\n', 'x\n'], read: ['a', 'b', 'c', 'a', 'x'] },
    { what: 'a chunk cut within a line', first: ['a\nb', 'b\nc\n'], killedAfter: 1, second: ['a\nbb\nc\n'], read: ['a', 'bb', 'c'] },
    { what: 'empty lines and a carriage return', first: ['\n\r\nx\r\n'], killedAfter: 3, second: ['\n\r\nx\r\ny'], read: ['', '', 'x', 'y'] },
  ])('$what', async ({ first, killedAfter, second, read }) => {
    const killed = await start(first, killedAfter)
    expect(killed).toEqual({ read: killed.read.slice(0, killedAfter), whole: false })
    expect(await start(second)).toEqual({ read, whole: true })
    expect(await start([])).toEqual({ read, whole: true })
  })
})

test('a run on a pipe that is killed goes on with the rest of it, to the same files', { timeout: 60_000 }, async () => {
  const lines = Array.from({ length: 6000 }, (_, i) => `word${i % 17} of line${i}\n`)
  const START = ['--rate', '200', '--start', '1770000000000']
  const run = (name: string, input: string): string[] => [
    'run',
    'functions/word-count.ts',
    '--input',
    input,
    ...START,
    '--state',
    join(folder, name, 'state'),
    '--output',
    join(folder, name, 'out'),
  ]
  writeFileSync(join(folder, 'in'), lines.join(''))
  expect(await runCli(run('calm', join(folder, 'in')))).toMatchObject({ code: 0 })
  const child = startCli(run('killed', '-'), { stdin: null })
  child.process.stdin.write(lines.slice(0, 4000).join(''))
  // The pipe stays open; batches come as far as the lines reach.
  await new Promise<void>((resolve) => child.process.stdout.on('data', () => child.stdout().includes('Time: ') && resolve()))
  child.process.kill('SIGKILL')
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
  const end = await runCli(run('killed', '-'), { stdin: lines.join('') })
  expect(end).toMatchObject({ code: 0, stderr: '' })
  expect(end.stdout).toMatch(/^resumed word-count at batch \d+ \([\d ]+ records committed, 0 counted twice\)$/m)
  expect([...filesOf(join(folder, 'killed/out'))]).toEqual([...filesOf(join(folder, 'calm/out'))])
})
