import { MillraceError } from '../values/errors.ts'

/** An input and the stream that it is for; `-` is the standard input. */
export interface StreamInput {
  readonly stream: string
  readonly path: string
}

/** Returns which stream reads what: `NAME=FILE`, or `FILE` where there is one stream. `job` is for messages. */
export function streamInputs(job: string, streams: readonly string[], texts: readonly string[]): readonly StreamInput[] {
  const inputs = new Map<string, string>()
  const add = (stream: string, path: string): void => {
    if (inputs.has(stream)) throw new MillraceError('USAGE', `--input names stream '${stream}' twice; a stream has one input`)
    if (path === '-' && [...inputs.values()].includes('-'))
      throw new MillraceError('USAGE', 'two streams cannot both read the standard input; give one of them a file')
    inputs.set(stream, path)
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
  return Array.from(inputs, ([stream, path]) => ({ stream, path }))
}
