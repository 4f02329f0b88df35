// npm run bench [-- SUITE ...]: prints how fast it is, beside something that one can judge it by. -- --against REV: beside an earlier commit.
import { cpus } from 'node:os'
import { against } from './against.ts'
import { batches } from './batches.ts'
import { codec } from './codec.ts'
import { freshProcess } from './fresh-process.ts'
import { keys } from './keys.ts'
import { nexmark } from './nexmark.ts'
import { stageZero } from './stage-zero.ts'

const suites: Readonly<Record<string, () => void | Promise<void>>> = {
  'stage-zero': stageZero,
  batches,
  nexmark,
  keys,
  codec,
  'fresh-process': freshProcess,
}

const asked = process.argv.slice(2)
const revision = asked[0] === '--against' ? (asked[1] ?? 'HEAD^') : undefined
if (revision !== undefined) {
  await against(revision)
  process.exit(0)
}
const unknown = asked.filter((name) => suites[name] === undefined)
if (unknown.length > 0) {
  console.error(`unknown suite ${unknown.join(', ')}; there are: ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, one process\n`)
for (const [name, suite] of Object.entries(suites)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  await suite()
  console.log('')
}
