import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plan } from '../../plan/plan.ts'
import { isTable } from '../../dstream/graph-builder.ts'
import { storeError } from './store-error.ts'

/**
 * Moves what an earlier run of the job put into the folder `output` to `<output>.old/<n>`, and returns that folder; undefined: there was nothing.
 * Only directories that this program's outputs name (`prefix-<TIME_IN_MS>[.suffix]`, or a table's `prefix`) are moved: others may share the folder.
 */
export function moveAside(plan: Plan, output: string): string | undefined {
  try {
    const found = plan.stages
      .flatMap((stage) => stage.outputs)
      .flatMap(({ output: out }) => (out.kind === 'files' ? (isTable(out) ? folderOf(output, out.prefix) : directoriesOf(output, out.prefix, out.suffix)) : []))
    if (found.length === 0) return undefined
    const target = freshFolder(`${output.replace(/[/\\]+$/, '')}.old`)
    for (const path of new Set(found)) {
      mkdirSync(dirname(join(target, path)), { recursive: true })
      renameSync(join(output, path), join(target, path))
    }
    return target
  } catch (cause) {
    throw storeError('cannot move the old output aside', output, cause)
  }
}

/** The path in `output` of a table's folder, where it is there. */
function folderOf(output: string, prefix: string): readonly string[] {
  return existsSync(join(output, prefix)) ? [prefix] : []
}

/** Paths in `output` of the directories `prefix-<TIME_IN_MS>[.suffix]`. */
function directoriesOf(output: string, prefix: string, suffix: string): readonly string[] {
  const folder = prefix.includes('/') ? dirname(prefix) : ''
  const name = prefix.slice(folder === '' ? 0 : folder.length + 1)
  const root = join(output, folder)
  if (!existsSync(root)) return []
  const end = suffix === '' ? '' : `.${suffix}`
  return readdirSync(root)
    .filter((entry) => entry.startsWith(`${name}-`) && entry.endsWith(end) && /^\d+$/.test(entry.slice(name.length + 1, entry.length - end.length)))
    .filter((entry) => statSync(join(root, entry)).isDirectory())
    .map((entry) => join(folder, entry))
}

function freshFolder(root: string): string {
  let n = 1
  while (existsSync(join(root, String(n)))) n++
  return join(root, String(n))
}
