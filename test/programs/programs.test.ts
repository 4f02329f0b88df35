// Random programs over all operators through the real handlers, against what they mean as plain lists. Each seed is one program; one that failed stays in failed.ts.
import { describe, expect, it } from 'vitest'
import { check } from './check.ts'
import { checkEmbedded } from './check-embedded.ts'
import { FAILED } from './failed.ts'
import { generate } from './generate.ts'
import type { Program } from './operator.ts'
import { OPERATORS } from './operators.ts'
import { show } from './show.ts'

const PROGRAMS = 500
const CHUNK = 25

async function wrongOf(programs: readonly Program[]): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const program of programs) {
    const found = await check(program)
    if (found.length > 0) wrong.push(`${show(program)}\n${found.join('\n')}\nagain: npm run programs -- --runs 1 --seed ${program.seed} --small`)
  }
  return wrong
}

describe('random programs put out what they mean, in any layout, whatever goes wrong', () => {
  const first = Array.from({ length: PROGRAMS / CHUNK }, (_, i) => i * CHUNK)
  it.each(first)('seeds %i and on', { timeout: 120_000 }, async (from) => {
    expect(await wrongOf(Array.from({ length: CHUNK }, (_, i) => generate(from + i)))).toEqual([])
  })

  it.each(FAILED)('$seed, which failed once', async (program) => {
    expect(await wrongOf([program])).toEqual([])
  })

  it('use every operator', () => {
    const used = new Set(Array.from({ length: PROGRAMS }, (_, seed) => generate(seed)).flatMap(({ nodes }) => nodes.map(({ op }) => op)))
    expect(Object.keys(OPERATORS).filter((op) => !used.has(op))).toEqual([])
  })
})

describe('a program that does something else is noticed', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed)
  it.each<[string, (program: ReturnType<typeof generate>) => ReturnType<typeof generate>]>([
    [
      'a row is missing',
      (program) => ({
        ...program,
        inputs: program.inputs.map((input) => ({ ...input, batches: input.batches.map((rows, i) => (i === 2 ? rows.slice(1) : rows)) })),
      }),
    ],
    [
      'rows come a batch later',
      (program) => ({ ...program, inputs: program.inputs.map((input) => ({ ...input, batches: [[], ...input.batches.slice(0, -1)] })) }),
    ],
  ])('%s', { timeout: 120_000 }, async (_what, other) => {
    let noticed = 0
    for (const seed of seeds) if ((await check(generate(seed), other(generate(seed)))).length > 0) noticed++
    expect(noticed).toBeGreaterThan(seeds.length / 3)
  })
})

it.each([0, 1])('random programs do so on files, killed a few times (part %i)', { timeout: 240_000 }, async (part) => {
  const wrong: string[] = []
  for (let seed = part * 8; seed < part * 8 + 8; seed++) {
    const found = await checkEmbedded(generate(seed))
    if (found.length > 0) wrong.push(`${show(generate(seed))}\n${found.join('\n')}\nagain: npm run programs -- --runs 1 --seed ${seed} --small --embedded`)
  }
  expect(wrong).toEqual([])
})
