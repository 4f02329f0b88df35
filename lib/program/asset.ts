// An edge: the only file of the API that touches the file system and the environment.
import { readFile } from 'node:fs/promises'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { MillraceError } from '../values/errors.ts'

/** A file that travels with the job. */
export interface AssetSource {
  text(): Promise<string>
  json(): Promise<unknown>
  bytes(): Promise<Uint8Array>
}

/**
 * Returns a file that travels with the job: read from the project's folder here, from the function's bundle on Lambda. Read it in the function of a static table.
 * @example
 * const users = ssc.staticTable('users', async () => Object.entries((await asset('functions/data/users.json').json()) as Record<string, string>))
 */
export function asset(path: string): AssetSource {
  const clean = normalize(path)
  if (path === '' || isAbsolute(path) || clean === '..' || clean.startsWith(`..${sep}`))
    throw new MillraceError(
      'BAD_PROGRAM',
      `asset '${path}': a path must be relative to the project's folder and stay inside it, e.g. asset('functions/data/users.json')`,
    )
  const bytes = async (): Promise<Uint8Array> => {
    const file = join(process.env['LAMBDA_TASK_ROOT'] ?? process.cwd(), clean)
    try {
      return await readFile(file)
    } catch (cause) {
      throw new MillraceError(
        'BAD_PROGRAM',
        `asset '${path}' cannot be read from ${file}: assets are looked for in the project's folder, or in the function's bundle; put the file there`,
        { cause },
      )
    }
  }
  const text = async (): Promise<string> => Buffer.from(await bytes()).toString('utf8')
  return {
    bytes,
    text,
    json: async () => {
      const body = await text()
      try {
        return JSON.parse(body) as unknown
      } catch (cause) {
        throw new MillraceError('BAD_PROGRAM', `asset '${path}' is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
    },
  }
}
