// node --conditions=millrace-source test/sim/with-plant.ts INDEX RUNS: plants one bug and simulates until it is caught.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { PLANTS } from './plants.ts'

const [index, runs] = process.argv.slice(2).map(Number)
const plant = PLANTS[index ?? 0]
if (plant === undefined || runs === undefined) throw new Error('usage: with-plant.ts INDEX RUNS')
const target = new URL(`../../lib/${plant.file}`, import.meta.url).href
let source = readFileSync(fileURLToPath(target), 'utf8')
for (const { find, replace } of [plant, ...(plant.also === undefined ? [] : [plant.also])]) {
  // Formatting may break lines anywhere: all white space is alike.
  const text = new RegExp(
    find
      .trim()
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\s+/g, '\\s+'),
    'g',
  )
  const times = [...source.matchAll(text)].length
  if (times !== 1) throw new Error(`plant '${plant.name}': its text stands ${times} times in lib/${plant.file}, not once:\n${find}`)
  source = source.replace(text, () => replace)
}
let planted = false
registerHooks({
  load: (url, context, next) => {
    if (url !== target) return next(url, context)
    planted = true
    return { format: 'module-typescript', source, shortCircuit: true }
  },
})
const started = performance.now()
if (plant.by === 'embedded run') {
  const { checkEmbeddedEnd } = await import('./embedded-end.ts')
  const bad = await checkEmbeddedEnd()
  console.log(JSON.stringify({ plant: plant.name, seed: bad.length > 0 ? 0 : null, bad: bad[0] }))
  process.exit(bad.length > 0 && planted ? 0 : 1)
}
if (plant.by === 'random programs') {
  const [{ check }, { generate }] = await Promise.all([import('../programs/check.ts'), import('../programs/generate.ts')])
  for (let seed = 0; seed < runs; seed++) {
    const bad = await check(generate(seed))
    if (bad.length === 0) continue
    console.log(JSON.stringify({ plant: plant.name, seed, bad: bad[0] }))
    process.exit(planted ? 0 : 2)
  }
  console.log(JSON.stringify({ plant: plant.name, seed: null, runs, planted }))
  process.exit(1)
}
const [{ simulate }, { PROGRAMS }] = await Promise.all([import('./simulate.ts'), import('./programs.ts')])
const program = plant.program === undefined ? undefined : PROGRAMS[plant.program]
for (let seed = 0; seed < runs; seed++) {
  const { bad, world } = await simulate(seed, {
    silenceMs: 10 * 60_000,
    ...(plant.on === undefined ? {} : { on: plant.on }),
    ...(plant.rate === undefined ? {} : { rate: plant.rate }),
    ...(program === undefined ? {} : { program }),
  })
  if (bad.length === 0) continue
  const result = {
    plant: plant.name,
    on: plant.on ?? Object.keys(world.on),
    rate: plant.rate,
    seed,
    seconds: Math.round(performance.now() - started) / 1000,
    bad: bad[0]?.slice(0, 200),
  }
  console.log(JSON.stringify(result))
  process.exit(planted ? 0 : 2)
}
console.log(JSON.stringify({ plant: plant.name, seed: null, runs, planted }))
process.exit(1)
