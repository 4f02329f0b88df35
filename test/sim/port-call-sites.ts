import { readdirSync, readFileSync } from 'node:fs'

const RUNTIME = new URL('../../lib/runtime/', import.meta.url)

/** Returns `lib/runtime/FILE.ts:LINE` of every place where the engine calls a port. */
export function portCallSites(): readonly string[] {
  return readdirSync(RUNTIME)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(new URL(file, RUNTIME), 'utf8')
        .split('\n')
        .flatMap((line, i) => (/\bports\.(log|progress|objects|messages)\.\w+\(/.test(line) ? [`lib/runtime/${file}:${i + 1}`] : [])),
    )
}

/** What the simulator prints of its own reach. */
export function reachOf(sites: ReadonlyMap<string, { readonly kills: number }>): string {
  const all = portCallSites()
  const spared = all.filter((site) => (sites.get(site)?.kills ?? 0) === 0)
  return `killed at ${all.length - spared.length} of ${all.length} port-call sites in lib${spared.length > 0 ? `; not at ${spared.join(', ')}` : ''}`
}
