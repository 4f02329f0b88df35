// npm run programs -- --runs N --seed S [--small] [--embedded]: random programs against what they mean. --small: makes those that fail smaller. --embedded: on files, in this process, killed a few times, instead of through runBatches.
import { parseArgs } from 'node:util'
import { check as checkBatches } from './check.ts'
import { checkEmbedded } from './check-embedded.ts'
import { generate } from './generate.ts'
import type { Program } from './operator.ts'
import { show } from './show.ts'
import { shrink } from './shrink.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '0' },
    small: { type: 'boolean', default: false },
    embedded: { type: 'boolean', default: false },
  },
})
const check = (program: Program): Promise<readonly string[]> => (values.embedded ? checkEmbedded(program) : checkBatches(program))
const from = Number(values.seed)
const started = performance.now()
const operators = new Map<string, number>()
let failed = 0
for (let seed = from; seed < from + Number(values.runs); seed++) {
  const program = generate(seed)
  for (const { op } of program.nodes) operators.set(op, (operators.get(op) ?? 0) + 1)
  const wrong = await check(program)
  if (wrong.length === 0) continue
  failed++
  const least = values.small ? await shrink(program, async (one) => (await check(one)).length > 0) : program
  console.log(
    `seed ${seed} fails\n${show(least)}\n  ${(await check(least)).slice(0, 3).join('\n  ')}\n  again: npm run programs -- --runs 1 --seed ${seed} --small`,
  )
}
console.log(
  JSON.stringify({
    runs: Number(values.runs),
    failed,
    seconds: Math.round(performance.now() - started) / 1000,
    operators: Object.fromEntries([...operators].sort()),
  }),
)
process.exitCode = failed > 0 ? 1 : 0
