import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkVector } from './check-vector.ts'
import type { Vector } from './vector.ts'
import { DIFFERS, NOT_APPLICABLE } from './verdicts.ts'

const file = readFileSync(new URL('spark-vectors.json', import.meta.url))
const vectors = JSON.parse(file.toString()) as readonly Vector[]
const SEEDS = [1, 20_261_124]

it('runs the file as it was handed over', () => {
  expect(createHash('sha256').update(file).digest('hex')).toBe('b53b2666a36a3a3267b28af8a0d3e4e9308603485fb0137d5e200ef02d2a549e')
  expect(vectors).toHaveLength(206)
})

it('lists each vector once, and at most ten as different', () => {
  const ids = new Set(vectors.map(({ id }) => id))
  expect([...Object.keys(NOT_APPLICABLE), ...Object.keys(DIFFERS)].filter((id) => !ids.has(id))).toEqual([])
  expect(Object.keys(DIFFERS).length).toBeLessThanOrEqual(10)
})

it.each(vectors.filter(({ id }) => NOT_APPLICABLE[id] === undefined).map((vector) => [vector.id, vector] as const))('%s', async (id, vector) => {
  for (const seed of SEEDS)
    expect(await checkVector(vector, seed), `seed ${seed}`).toEqual(DIFFERS[id] === undefined ? { kind: 'pass' } : { kind: 'differs', why: DIFFERS[id] })
})
