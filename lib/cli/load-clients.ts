import { MillraceError } from '../values/errors.ts'

type Loaders = readonly (() => Promise<unknown>)[]
type Loaded<L extends Loaders> = { readonly [I in keyof L]: Awaited<ReturnType<L[I]>> }

/** Imports modules around AWS clients, which are optional packages; an error names all that are not installed. */
export async function loadClients<const L extends Loaders>(command: string, loaders: L): Promise<Loaded<L>> {
  const results = await Promise.allSettled(loaders.map((load) => load()))
  const missing = new Set<string>()
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    const name = missingPackage(result.reason)
    if (name === undefined) throw result.reason
    missing.add(name)
  }
  if (missing.size > 0) {
    const names = [...missing].join(' ')
    throw new MillraceError(
      'USAGE',
      `millrace ${command} needs ${[...missing].join(' and ')}, which ${missing.size === 1 ? 'is' : 'are'} not installed: npm install ${names}`,
    )
  }
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as Loaded<L>
}

function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return undefined
  return /^Cannot find package '([^']+)'/.exec(error.message)?.[1]
}
