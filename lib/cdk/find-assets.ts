import { existsSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { MillraceError } from '../values/errors.ts'

/**
 * Returns the paths of the files that travel with a job: the literal arguments of all calls of `asset`. The tables that read them are
 * not loaded at synth, since that may take any time and right, so their code is asked: `code` is the job with its own modules, bundled by
 * esbuild without whitespace and comments, packages left as imports.
 */
export function findAssets(entry: string, code: string): readonly string[] {
  const paths = new Set<string>()
  for (const name of localNames(code)) {
    for (const call of code.matchAll(new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\(`, 'g'))) {
      const argument = /^"(?:[^"\\]|\\.)*"(?=\))/.exec(code.slice(call.index + call[0].length))?.[0]
      if (argument === undefined) {
        throw new MillraceError(
          'USAGE',
          `StreamingJob: '${entry}' calls asset(${code.slice(call.index + call[0].length).slice(0, 40)}...; the path must be a plain string, so that the file is known at synth and travels with the function`,
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

/** What the code calls the `asset` of millrace: `import{asset as a}from"millrace"` or `import*as m from"millrace"`. */
function localNames(code: string): readonly string[] {
  const names: string[] = []
  for (const [, imports = '', star] of code.matchAll(/\bimport\s*(?:\{([^}]*)\}|\*\s*as\s+([\w$]+)\s*)\s*from\s*"millrace"/g)) {
    if (star !== undefined) names.push(`${star}.asset`)
    const named = imports
      .split(',')
      .map((part) => part.trim().split(/\s+as\s+/))
      .find(([name]) => name === 'asset')
    if (named !== undefined) names.push(named[1] ?? 'asset')
  }
  return names
}
