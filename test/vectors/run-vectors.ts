// npm run vectors [-- [--seed N] FILE ...]: runs Spark's own cases and prints "N of M".
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checkVector } from './check-vector.ts'
import type { Vector } from './vector.ts'

const DEFAULT_FILE = new URL('spark-vectors.json', import.meta.url).pathname

/** The vectors of a file; one clear sentence when there are none. */
function read(file: string): readonly Vector[] {
  try {
    const vectors: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (Array.isArray(vectors)) return vectors as readonly Vector[]
    throw new Error('a vector file is a JSON array of cases')
  } catch (error) {
    console.error(`vectors: ${file}: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(2)
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string', default: '1' } } })
const seed = Number(values.seed)
let failed = 0
for (const file of positionals.length > 0 ? positionals : [DEFAULT_FILE]) {
  const vectors = read(file)
  const verdicts: (readonly [Vector, Awaited<ReturnType<typeof checkVector>>])[] = []
  for (const vector of vectors) verdicts.push([vector, await checkVector(vector, seed)])
  const of = (kind: string): typeof verdicts => verdicts.filter(([, verdict]) => verdict.kind === kind)
  const show = (kind: string, title: string): void => {
    if (of(kind).length > 0) console.log(`\n${title}`)
    for (const [{ id }, verdict] of of(kind)) console.log(`  ${id}: ${'why' in verdict ? verdict.why : ''}`)
  }
  console.log(file)
  show('not applicable', 'Not applicable')
  show('differs', 'Different on purpose (docs/semantics.md)')
  show('fail', 'FAILED')
  failed += of('fail').length
  const applicable = verdicts.length - of('not applicable').length
  console.log(
    `\n${of('pass').length} of ${applicable} (${of('differs').length} differ on purpose, ${of('fail').length} fail; ${of('not applicable').length} not applicable) · seed ${seed}`,
  )
}
process.exitCode = failed > 0 ? 1 : 0
