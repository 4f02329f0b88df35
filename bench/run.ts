// npm run bench [-- SUITE ...]: prints how fast it is, beside something that one can judge it by. -- --against REV: beside an earlier commit.
import { cpus } from 'node:os'
import { against } from './against.ts'
import { batches } from './batches.ts'
import { codec } from './codec.ts'
import { coldStart } from './cold-start.ts'
import { freshProcess } from './fresh-process.ts'
import { graph } from './graph.ts'
import { keys } from './keys.ts'
import { nexmark } from './nexmark.ts'
import { cold } from './size/cold.ts'
import { flat } from './size/flat.ts'
import { memory } from './size/memory.ts'
import { whole } from './size/whole.ts'
import { wide } from './size/wide.ts'
import { sketches } from './sketches.ts'
import { sqlSuite } from './sql.ts'
import { stageZero } from './stage-zero.ts'

const suites: Readonly<Record<string, () => void | Promise<void>>> = {
  'stage-zero': stageZero,
  batches,
  nexmark,
  keys,
  codec,
  'fresh-process': freshProcess,
  'size:flat': flat,
  'size:cold': cold,
  'size:whole': whole,
  'size:wide': wide,
  'size:memory': memory,
  sketches,
  graph,
  sql: sqlSuite,
  'cold-start': coldStart,
}

const asked = process.argv.slice(2)
const revision = asked[0] === '--against' ? (asked[1] ?? 'HEAD^') : undefined
if (revision !== undefined) {
  await against(revision)
  process.exit(0)
}
// `size` means all whose names begin with `size:`.
const isAsked = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}:`)
const unknown = asked.filter((wanted) => !Object.keys(suites).some((name) => isAsked(name, wanted)))
if (unknown.length > 0) {
  console.error(`unknown suite ${unknown.join(', ')}; there are: ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, one process\n`)
for (const [name, suite] of Object.entries(suites)) {
  if (asked.length > 0 && !asked.some((wanted) => isAsked(name, wanted))) continue
  await suite()
  console.log('')
}
