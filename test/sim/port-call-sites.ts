import { readdirSync, readFileSync } from 'node:fs'

const RUNTIME = new URL('../../lib/runtime/', import.meta.url)

/** `lib/runtime/ROOM/FILE.ts:LINE` of every place where the engine calls a port; read when the engine is loaded, so that both speak of the same text. */
export const PORT_CALL_SITES: readonly string[] = readdirSync(RUNTIME, { recursive: true, encoding: 'utf8' })
  // No program of the family is so large that a task cannot hold its rows, and none writes tables: test/runtime/task/task-size.test.ts and tables.test.ts go there.
  .filter((file) => file.endsWith('.ts') && !['task/keep-blocks.ts', 'task/tables.ts'].includes(file))
  .flatMap((file) =>
    readFileSync(new URL(file, RUNTIME), 'utf8')
      .split('\n')
      .flatMap((line, i) => (/\bports\.(log|progress|objects|messages)\.\w+\(/.test(line) ? [`lib/runtime/${file}:${i + 1}`] : [])),
  )

/** Places at which no process died, among those that the text shows and those that were reached. */
export function sparedSites(kills: ReadonlyMap<string, number>, reached: Iterable<string> = []): readonly string[] {
  return [...new Set([...PORT_CALL_SITES, ...reached])].filter((site) => !kills.has(site))
}

/** What the simulator prints of its own reach. */
export function reachOf(kills: ReadonlyMap<string, number>): string {
  const spared = sparedSites(kills)
  const all = new Set([...PORT_CALL_SITES, ...kills.keys()]).size
  return `killed at ${all - spared.length} of ${all} port-call sites in lib${spared.length > 0 ? `; not at ${spared.join(', ')}` : ''}`
}
