import { MillraceError } from '../values/errors.ts'
import { hashOf, type InputFile } from './inputs/input-file.ts'
import type { InputFiles } from './inputs/input-files.ts'
import type { OpenInputs } from './inputs/open-sources.ts'
import type { FileFact, RunFacts } from './stores/run-state.ts'

export function factsOf(inputs: OpenInputs): RunFacts['inputs'] {
  return Object.fromEntries([...inputs].map(([stream, input]) => [stream, 'stdin' in input ? [{ path: '-', hash: null }] : input.files.map(factOf)]))
}

function factOf({ path, hash, sizeBytes, records, openBytes }: InputFile): FileFact {
  return { path, hash, sizeBytes, records, openBytes }
}

/**
 * A run goes on with what it began with: the same files, of which the last may have grown at its end, and files whose names come after them.
 * `takenOf`: how many records of a stream the run has taken. Throws USAGE for anything else.
 */
export async function checkInputs(
  kept: RunFacts['inputs'],
  inputs: OpenInputs,
  { takenOf, remedy }: { readonly takenOf: (stream: string) => number; readonly remedy: string },
): Promise<void> {
  const asked = factsOf(inputs)
  const streams = (of: RunFacts['inputs']): string => Object.keys(of).sort().join()
  if (streams(kept) !== streams(asked)) throw new MillraceError('USAGE', `this run has begun with ${describe(kept)}; ${remedy}`)
  for (const [stream, input] of inputs) {
    const before = kept[stream] ?? []
    const reason = 'stdin' in input ? (isPipe(before) ? undefined : 'other') : isPipe(before) ? 'other' : await changeOf(before, input, takenOf(stream))
    if (reason === 'other') throw new MillraceError('USAGE', `this run has begun with ${describe(kept)}; ${remedy}`)
    if (reason !== undefined) throw new MillraceError('USAGE', `--input ${reason}; ${remedy}`)
  }
}

/** Whether files are those of before and have grown at their end: the same beginning, and more after it. Throws USAGE where the last line of before has grown. */
export async function hasGrown(before: readonly FileFact[], input: InputFiles, remedy: string): Promise<boolean> {
  const reason = await changeOf(before, input, Infinity)
  if (reason?.includes(TORN) === true) throw new MillraceError('USAGE', `--input ${reason}; ${remedy}`)
  return reason === undefined && JSON.stringify(before) !== JSON.stringify(input.files.map(factOf))
}

const TORN = 'has grown within its last line'

function isPipe(files: readonly FileFact[]): boolean {
  return files[0]?.path === '-'
}

/** Why a run cannot go on with these files; undefined: it can. */
async function changeOf(before: readonly FileFact[], input: InputFiles, taken: number): Promise<string | undefined> {
  const { files } = input
  if (before.some((fact, i) => fact.path !== files[i]?.path)) return 'other'
  let first = 0
  for (const [i, fact] of before.entries()) {
    const file = files[i] as InputFile
    const { hash, sizeBytes = 0, records = 0, openBytes = null } = fact
    if (file.hash !== hash) {
      const grown = sizeBytes > 0 && file.sizeBytes > sizeBytes && (await hashOf(file.path, sizeBytes)).hash === hash
      if (!grown || i < before.length - 1) return `${file.path} has changed since this run began`
      const last = first + records - 1
      if (openBytes !== null && taken > last && !(await endsAs(input, last, openBytes)))
        return `${file.path} ${TORN}: the ${openBytes} bytes of line ${records} had no end and were taken as they were, and now the line is longer`
    }
    first += records
  }
  return undefined
}

/** Whether a record has this length, and its end. */
async function endsAs({ files, lines, records }: InputFiles, index: number, bytes: number): Promise<boolean> {
  for await (const [line] of lines(index)) return line?.length === bytes && (records > index + 1 || files.at(-1)?.openBytes === null)
  return false
}

function describe(inputs: RunFacts['inputs']): string {
  const text = Object.entries(inputs).flatMap(([stream, files]) => files.map(({ path }) => `--input ${stream}=${path}`))
  return text.length === 0 ? 'no input' : text.join(' ')
}
