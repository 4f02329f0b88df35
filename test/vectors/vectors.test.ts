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
  expect(away).toHaveLength(67)
  expect(new Set(away.map(({ kind }) => kind))).toEqual(new Set(['ml', 'slice', 'remember', 'unit', 'scenario']))
  const semantics = readFileSync(new URL('../../docs/semantics.md', import.meta.url), 'utf8')
  expect(DIFFERENT.filter((id) => !semantics.includes(`\`${id}\``))).toEqual([])
})

it.each(vectors.filter((vector) => notApplicable(vector) === undefined).map((vector) => [vector.id, vector] as const))('%s', async (id, vector) => {
  for (const seed of SEEDS) expect(await checkVector(vector, seed), `seed ${seed}`).toMatchObject({ kind: DIFFERENT.includes(id) ? 'differs' : 'pass' })
})
