import { existsSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { MillraceError } from '../values/errors.ts'

/** What names a file, and where it comes from. */
const READERS: Readonly<Record<string, readonly string[]>> = { millrace: ['asset'], 'millrace/tables': ['csvTable', 'jsonTable', 'parquetTable'] }

/**
 * Returns the paths of the files that travel with a job: the literal arguments of all calls of `asset`, and of csvTable and its like but for S3's. The tables that read them are
 * not loaded at synth, since that may take any time and right, so their code is asked: `code` is the job with its own modules, bundled by
 * esbuild without whitespace and comments, packages left as imports.
 */
export function findAssets(entry: string, code: string): readonly string[] {
  const paths = new Set<string>()
  for (const { name, reader } of localNames(code)) {
    for (const call of code.matchAll(new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\(`, 'g'))) {
      const rest = code.slice(call.index + call[0].length)
      if (reader !== 'asset' && /^["`]s3:\/\//.test(rest)) continue
      const argument = /^"(?:[^"\\]|\\.)*"(?=[,)])/.exec(rest)?.[0]
      if (argument === undefined) {
        throw new MillraceError(
          'USAGE',
          `StreamingJob: '${entry}' calls ${reader}(${rest.slice(0, 40)}...; the path must be a plain string${reader === 'asset' ? '' : ', or begin with s3://'}, so that the file is known at synth and travels with the function`,
        )
      }
      paths.add(normalize(JSON.parse(argument) as string))
    }
  }
  for (const path of paths) {
    if (!existsSync(join(process.cwd(), path)))
      throw new MillraceError(
        'USAGE',
        `StreamingJob: '${entry}' reads asset('${path}'), and there is no such file in ${process.cwd()}; a path starts at the folder in which cdk runs`,
      )
  }
  return [...paths].sort()
}

/** What the code calls `asset` and its like: `import{asset as a}from"millrace"` or `import*as m from"millrace"`. */
function localNames(code: string): readonly { readonly name: string; readonly reader: string }[] {
  return [...code.matchAll(/\bimport\s*(?:\{([^}]*)\}|\*\s*as\s+([\w$]+)\s*)\s*from\s*"(millrace(?:\/tables)?)"/g)].flatMap(
    ([, imports = '', star, module = '']) => {
      const readers = READERS[module] ?? []
      if (star !== undefined) return readers.map((reader) => ({ name: `${star}.${reader}`, reader }))
      return imports.split(',').flatMap((part) => {
        const [reader = '', name = reader] = part.trim().split(/\s+as\s+/)
        return readers.includes(reader) ? [{ name, reader }] : []
      })
    },
  )
}
