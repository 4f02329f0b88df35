import { cpSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MillraceError } from '../values/errors.ts'

/**
 * Copies a package with all that it depends on to the node_modules of a folder: what cannot be bundled, for it reads files beside its code. What is optional stays out, since it may be of this
 * machine's platform.
 */
export function copyPackage(name: string, from: string, folder: string, copied: Set<string> = new Set()): void {
  if (copied.has(name)) return
  copied.add(name)
  const place = findPackage(name, from)
  if (place === undefined)
    throw new MillraceError('USAGE', `StreamingJob: the package ${name}, which the run function takes with it, is not installed: npm install ${name}`)
  // With those that lie inside of it because others need another version.
  cpSync(place, join(folder, 'node_modules', name), { recursive: true, dereference: true })
  const { dependencies = {} } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as { readonly dependencies?: Readonly<Record<string, string>> }
  for (const other of Object.keys(dependencies)) if (!existsSync(join(place, 'node_modules', other))) copyPackage(other, place, folder, copied)
  // Those inside may need more.
  for (const other of Object.keys(dependencies)) {
    const inside = join(place, 'node_modules', other)
    if (!existsSync(join(inside, 'package.json'))) continue
    const more = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8')) as { readonly dependencies?: Readonly<Record<string, string>> }
    for (const one of Object.keys(more.dependencies ?? {}))
      if (!existsSync(join(place, 'node_modules', one)) && !existsSync(join(inside, 'node_modules', one))) copyPackage(one, inside, folder, copied)
  }
}

/** As Node looks for it: in the node_modules of each folder upwards. */
function findPackage(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const place = join(at, 'node_modules', name)
    if (existsSync(join(place, 'package.json'))) return place
    if (dirname(at) === at) return undefined
  }
}
