// npm run sim -- --runs N --seed S [--on kill,stale] [--trace]
import { parseArgs } from 'node:util'
import { reachOf } from './port-call-sites.ts'
import { simulate } from './simulate.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { Kills } from './world-options.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '0' },
    on: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
})
const from = Number(values.seed)
const on = values.on?.split(',').filter((name): name is Fault => (FAULTS as readonly string[]).includes(name))
const kills: Kills = new Map()
const total: Record<string, number> = {}
const started = performance.now()
let failed = 0
let batches = 0
let quiet = 0
for (let seed = from; seed < from + Number(values.runs); seed++) {
  const verdict = await simulate(seed, { kills, ...(on === undefined ? {} : { on }), ...(values.trace ? { trace: (line: string) => console.log(line) } : {}) })
  batches += verdict.batches
  if (verdict.quiet) quiet++
  for (const [what, n] of Object.entries(verdict.world.counts)) total[what] = (total[what] ?? 0) + n
  if (verdict.bad.length === 0) continue
  failed++
  const faults = FAULTS.filter((fault) => verdict.world.on[fault])
  console.log(
    `seed ${seed} (${faults.join(',') || 'no faults'}): ${verdict.bad.join('; ')}\n  replay: npm run sim -- --runs 1 --seed ${seed}${on === undefined ? '' : ` --on ${on.join(',')}`} --trace`,
  )
}
console.log(JSON.stringify({ runs: Number(values.runs), failed, batches, quiet, seconds: Math.round(performance.now() - started) / 1000, faults: total }))
console.log(reachOf(kills))
process.exitCode = failed > 0 ? 1 : 0
