// npm run sizes: what a job's bundle grows by when it imports a module, or one function of it: minified bytes of the module's own files.
import { build } from 'esbuild'
import { table } from './table.ts'

const ENTRIES: readonly (readonly [module: string, names: string])[] = [
  ['sketch', '*'],
  ['sketch', 'countApproxDistinctByKey'],
  ['sketch', 'quantilesByKey'],
  ['sketch', 'topK'],
  ['ml', '*'],
  ['ml', 'StreamingKMeans'],
  ['ml', 'StreamingTest'],
  ['ml', 'detectByKey, zScore'],
  ['graph', '*'],
  ['graph', 'graphOf'],
  ['graph', 'connectedComponents'],
]

async function own(module: string, names: string): Promise<number> {
  const what = names === '*' ? '* as all' : `{ ${names} }`
  const used = names === '*' ? 'all' : names
  const result = await build({
    stdin: { contents: `import ${what} from 'millrace/${module}'; globalThis.kept = [${used}]`, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    conditions: ['millrace-source', 'module'],
    logLevel: 'silent',
  })
  const [output] = Object.values(result.metafile.outputs)
  return Object.entries(output?.inputs ?? {}).reduce((sum, [path, { bytesInOutput }]) => sum + (path.startsWith(`lib/${module}/`) ? bytesInOutput : 0), 0)
}

const rows: string[][] = []
for (const [module, names] of ENTRIES)
  rows.push([`millrace/${module}`, names === '*' ? 'all of it' : names, `${((await own(module, names)) / 1000).toFixed(1)} kB`])
console.log(table(['module', 'imported', 'minified'], rows))
