// npm run vectors [-- [--seed N] FILE ...]: runs Spark's own cases and prints "N of M".
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checkVector } from './check-vector.ts'
import type { Vector } from './vector.ts'

const DEFAULT_FILE = new URL('spark-vectors.json', import.meta.url).pathname

function stop(message: string): never {
  console.error(`vectors: ${message}`)
  process.exit(2)
}

/** The vectors of a file; one clear sentence when there are none. */
function read(file: string): readonly Vector[] {
  let vectors: unknown
  try {
    vectors = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    stop(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!Array.isArray(vectors)) stop(`${file}: a vector file is a JSON array of cases`)
  const bad = vectors.findIndex((vector: Partial<Vector> | null) => [vector?.id, vector?.kind, vector?.operation].some((field) => typeof field !== 'string'))
  if (bad !== -1)
    stop(`${file}: case ${bad + 1} is ${JSON.stringify(vectors[bad])?.slice(0, 100)}; a case has at least id, kind and operation, which are strings`)
  return vectors as readonly Vector[]
}

function readArguments(): { readonly seed: number; readonly files: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string', default: '1' } } })
    const seed = Number(values.seed)
    if (!Number.isSafeInteger(seed)) stop(`--seed ${values.seed} is not a whole number`)
    return { seed, files: positionals }
  } catch (error) {
    stop(`${error instanceof Error ? error.message : String(error)} (npm run vectors [-- [--seed N] FILE ...])`)
  }
}

const { seed, files } = readArguments()
let failed = 0
for (const file of files.length > 0 ? files : [DEFAULT_FILE]) {
  const vectors = read(file)
  const verdicts: (readonly [Vector, Awaited<ReturnType<typeof checkVector>>])[] = []
  for (const vector of vectors) verdicts.push([vector, await checkVector(vector, seed)])
  const of = (kind: string): typeof verdicts => verdicts.filter(([, verdict]) => verdict.kind === kind)
  const show = (kind: string, title: string): void => {
    if (of(kind).length > 0) console.log(`\n${title}`)
    for (const [{ id }, verdict] of of(kind)) console.log(`  ${id}: ${'why' in verdict ? verdict.why.split('\n    at ')[0] : ''}`)
  }
  console.log(file)
  show('not applicable', 'Not applicable')
  show('differs', 'Different on purpose (docs/semantics.md)')
  show('fail', 'FAILED')
  failed += of('fail').length
  const applicable = verdicts.length - of('not applicable').length
  console.log(
    `\n${of('pass').length} of ${applicable} (${of('differs').length} differ on purpose, ${of('fail').length} fail; ${of('not applicable').length} not applicable) at numPartitions 1 and 4, with 1 and 3 shards · seed ${seed}`,
  )
}
process.exitCode = failed > 0 ? 1 : 0
