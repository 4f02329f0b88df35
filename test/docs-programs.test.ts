// Executes the programs of docs/*.md that stand before "Of these ..." and "the ... files hold": a block of TypeScript, one of JSON with the batches, one with the rows of the last batch by output.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Job } from 'millrace'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'

const PAGES = ['sketch', 'ml', 'graph'] as const

describe.each(PAGES)('docs/%s.md', (page) => {
  const text = readFileSync(resolve(import.meta.dirname, `../docs/${page}.md`), 'utf8')
  const blocks = [...text.matchAll(/```(ts|json)\n([\s\S]*?)```/g)].map(([, kind, code]) => ({ kind, code: code! }))
  const at = blocks.findIndex(({ kind, code }) => kind === 'ts' && code.includes('export default defineJob'))

  it('has a program that does what it says', async () => {
    const [program, given, held] = blocks.slice(at, at + 3)
    expect([program?.kind, given?.kind, held?.kind]).toEqual(['ts', 'json', 'json'])
    // In the project, so that 'millrace' means what it means to its other programs.
    const folder = mkdtempSync('.docs-')
    try {
      const file = join(folder, 'program.ts')
      writeFileSync(file, program!.code)
      const { default: job } = (await import(pathToFileURL(resolve(file)).href)) as { readonly default: Job }
      const [, stream] = /kinesisStream\('(\w+)'/.exec(program!.code)!
      const result = await runBatches(job, { [stream!]: JSON.parse(given!.code) as readonly (readonly unknown[])[] })
      expect(result.deadLetters).toEqual([])
      for (const [prefix, rows] of Object.entries(JSON.parse(held!.code) as Record<string, unknown[]>))
        expect(rounded(result.json(prefix).at(-1)?.rows), prefix).toEqual(rows)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** Numbers to four digits, as a page shows them. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(4))
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, rounded(part)]))
  return value
}
