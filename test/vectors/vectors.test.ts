import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkVector } from './check-vector.ts'
import type { Vector } from './vector.ts'
import { notApplicable } from './verdicts.ts'

const file = readFileSync(new URL('spark-vectors.json', import.meta.url))
const vectors = JSON.parse(file.toString()) as readonly Vector[]
const SEEDS = [1, 20_261_124]

it('runs the file as it was handed over', () => {
  expect(createHash('sha256').update(file).digest('hex')).toBe('b53b2666a36a3a3267b28af8a0d3e4e9308603485fb0137d5e200ef02d2a549e')
  expect(vectors).toHaveLength(206)
})

/** What docs/semantics.md lists; at most ten. */
const DIFFERENT = ['basic.union', 'basic.union.parentNone', 'context.transform.parentNone', 'context.union', 'timer.startTime.derived']

it('leaves out what is about Spark alone, and nothing else', () => {
  const away = vectors.filter((vector) => notApplicable(vector) !== undefined)
  expect(away).toHaveLength(51)
  expect(new Set(away.map(({ kind }) => kind))).toEqual(new Set(['slice', 'remember', 'unit', 'scenario']))
  const semantics = readFileSync(new URL('../../docs/semantics.md', import.meta.url), 'utf8')
  expect(DIFFERENT.filter((id) => !semantics.includes(`\`${id}\``))).toEqual([])
})

it.each(vectors.filter((vector) => notApplicable(vector) === undefined).map((vector) => [vector.id, vector] as const))('%s', async (id, vector) => {
  for (const seed of SEEDS) expect(await checkVector(vector, seed), `seed ${seed}`).toMatchObject({ kind: DIFFERENT.includes(id) ? 'differs' : 'pass' })
})

/** Where the wrong row stands that must be noticed: only in expectations that are lists of batches. */
const lists = vectors.filter(
  (vector) => Array.isArray(vector.expected) && vector.kind !== 'unit' && notApplicable(vector) === undefined && !DIFFERENT.includes(vector.id),
)

it('has enough lists of batches to be wrong about', () => expect(lists.length).toBeGreaterThan(100))

it.each(lists.map((vector) => [vector.id, vector] as const))('%s would notice', async (_id, vector) => {
  const expected = vector.expected as readonly unknown[]
  const last = expected.findLastIndex((batch) => !Array.isArray(batch) || batch.length > 0)
  for (const at of new Set([0, last]))
    expect(await checkVector({ ...vector, expected: expected.with(at, wrong(expected[at])) }, 1), `a wrong batch ${at + 1}`).toMatchObject({ kind: 'fail' })
  expect(await checkVector({ ...vector, expected: expected.slice(0, last) }, 1), `no batch ${last + 1}`).toMatchObject({ kind: 'fail' })
})

function wrong(batch: unknown): unknown {
  if (Array.isArray(batch)) return [...(batch as readonly unknown[]), 'one row too many']
  return typeof batch === 'object' ? { collected: ['another row'] } : 'another row'
}
