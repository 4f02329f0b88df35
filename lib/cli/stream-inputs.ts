import { MillraceError } from '../values/errors.ts'

/** The inputs of a stream: files or patterns, or `-`, the standard input. */
export interface StreamInput {
  readonly stream: string
  readonly paths: readonly string[]
}

/** Returns which stream reads what: `NAME=FILE`, or `FILE` where there is one stream. `job` is for messages. */
export function streamInputs(job: string, streams: readonly string[], texts: readonly string[]): readonly StreamInput[] {
  const inputs = new Map<string, string[]>()
  const add = (stream: string, path: string): void => {
    const paths = inputs.get(stream) ?? []
    if (path === '-' && [...inputs.values()].some((others) => others !== paths && others.includes('-')))
      throw new MillraceError('USAGE', 'two streams cannot both read the standard input; give one of them a file')
    if (paths.length > 0 && (path === '-' || paths.includes('-')))
      throw new MillraceError('USAGE', `stream '${stream}' reads the standard input or files, not both; give it one of them`)
    inputs.set(stream, [...paths, path])
  }
  for (const text of texts) {
    const name = streams.find((one) => text.startsWith(`${one}=`))
    const [only, ...others] = streams
    if (name !== undefined) add(name, text.slice(name.length + 1))
    else if (only !== undefined && others.length === 0) add(only, text)
    else
      throw new MillraceError(
        'USAGE',
        `--input ${text} does not say which stream it is for: job '${job}' has ${streams.length === 0 ? 'none that reads an input' : `the streams ${streams.join(', ')}; write --input NAME=FILE`}`,
      )
  }
  return Array.from(inputs, ([stream, paths]) => ({ stream, paths }))
}
