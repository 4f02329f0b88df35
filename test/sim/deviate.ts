// node --conditions=millrace-source test/sim/deviate.ts FIRST STEP: one small world, run again and again; each time one request, and only that, goes wrong in one way.
import type { PortFaults } from '../../lib/testing/faulty-ports.ts'
import { PROGRAMS } from './programs.ts'
import { simulate } from './simulate.ts'

const WAYS: Readonly<Record<string, Partial<PortFaults>>> = {
  'killed before': { kill: 1, when: 'before' },
  'killed after': { kill: 1, when: 'after' },
  'never arrived': { error: 1, when: 'before' },
  'answer lost': { error: 1, when: 'after' },
  'sent twice': { retry: 1 },
  'paused past every time-out': { pause: 1, maxPauseMs: 300_000 },
  stale: { staleMs: 1e12 },
}
const SEED = 3
/** Time enough to take up once more what died. */
const CALM = 10 * 60_000
const [first = 0, step = 1] = process.argv.slice(2).map(Number)
const started = performance.now()
let runs = 0
let failed = 0
let requests = 0
for (const [p, program] of PROGRAMS.entries()) {
  const calm = await simulate(SEED, { on: [], program, calmMs: CALM, silenceMs: 0 })
  requests += calm.requests
  for (let at = first; at < calm.requests; at += step) {
    for (const [way, faults] of Object.entries(WAYS)) {
      runs++
      const { bad } = await simulate(SEED, { on: [], program, deviation: { at, faults }, calmMs: CALM, silenceMs: 0 })
      if (bad.length === 0) continue
      failed++
      console.log(`program ${p}, request ${at} ${way}: ${bad.join('; ')}`)
    }
  }
}
console.log(
  JSON.stringify({
    programs: PROGRAMS.length,
    requests,
    ways: Object.keys(WAYS).length,
    first,
    step,
    runs,
    failed,
    seconds: Math.round(performance.now() - started) / 1000,
  }),
)
process.exitCode = failed > 0 ? 1 : 0
