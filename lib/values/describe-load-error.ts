import { placeOf } from './place-of.ts'

/** As esbuild reports an error. */
interface BuildError {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number; readonly lineText: string } | null
}

/** Returns what is wrong with a module that could not be loaded, stripped of its types, or bundled: the error, the file and line, and the text there. */
export function describeLoadError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const what = `${error.name}: ${error.message}`
  const { errors } = error as { readonly errors?: readonly BuildError[] }
  if (Array.isArray(errors) && errors.length > 0)
    return (errors as readonly BuildError[])
      .map(({ text, location }) =>
        location === null ? text : `${text}\n  ${location.file}:${location.line}:${location.column + 1}: ${location.lineText.trim()}`,
      )
      .join('\n')
  // Node puts the place, the text and a caret before the error of a module that it cannot parse.
  const [, place, text] = /^(?:file:\/\/)?(\S+:\d+)\n(?:.*\n)*?(.*)\n\s*\^/.exec(error.stack ?? '') ?? []
  if (place !== undefined) return `${what}\n  ${place}: ${(text ?? '').trim()}`
  const frame = placeOf(error.stack ?? '')
  return frame === undefined ? what : `${what} (${frame})`
}
