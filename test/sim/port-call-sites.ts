import { readdirSync, readFileSync } from 'node:fs'

const RUNTIME = new URL('../../lib/runtime/', import.meta.url)

/** `lib/runtime/FILE.ts:LINE` of every place where the engine calls a port; read when the engine is loaded, so that both speak of the same text. */
export const PORT_CALL_SITES: readonly string[] = readdirSync(RUNTIME)
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    readFileSync(new URL(file, RUNTIME), 'utf8')
      .split('\n')
      .flatMap((line, i) => (/\bports\.(log|progress|objects|messages)\.\w+\(/.test(line) ? [`lib/runtime/${file}:${i + 1}`] : [])),
  )

/** What the simulator prints of its own reach. */
export function reachOf(sites: ReadonlyMap<string, { readonly kills: number }>): string {
  const spared = PORT_CALL_SITES.filter((site) => (sites.get(site)?.kills ?? 0) === 0)
  return `killed at ${PORT_CALL_SITES.length - spared.length} of ${PORT_CALL_SITES.length} port-call sites in lib${spared.length > 0 ? `; not at ${spared.join(', ')}` : ''}`
}
