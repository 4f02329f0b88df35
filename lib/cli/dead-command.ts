import { open, unlink } from 'node:fs/promises'
import { DEFAULTS } from '../embedded/embedded-options.ts'
import { parseStart } from '../embedded/inputs/parse-date.ts'
import type { Ports } from '../runtime/runtime.ts'
import { MillraceError } from '../values/errors.ts'
import { exportLetters } from '../tools/export-letters.ts'
import { formatGroups, formatLetter } from '../tools/format-letters.ts'
import { jsonSafe } from '../tools/json-safe.ts'
import { groupLetters, letterJson, letterOf, readLetters } from '../tools/read-letters.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody, CommandIo } from './command.ts'
import { loadJob } from './load-job.ts'
import { onAws, openJob, PACE } from './open-job.ts'
import { durationMs, isFile, parseOptions } from './parse-options.ts'
import { withSource } from './query-source.ts'

const OPTIONS = { ...AWS_OPTIONS, state: { type: 'string' }, operator: { type: 'string' }, since: { type: 'string' }, export: { type: 'string' } } as const

const HELP = `Shows records and rows that a job could not process: by operator and error, with counts and the newest time; or one of them whole.
It only reads, beside the running job.

  JOB                    a job on AWS, by its name; with --state a run of millrace run
  FILE.ts                a run of millrace run, by the file that exports its job
  ID                     one dead letter: text, hex, position, stack
  --state DIR            where the state of the run is kept (./.millrace)
  --operator UID         only of this operator
  --since TIME           only of batches from then on: a date, epoch ms, or how long ago (30m, 2h, 1d)
  --export FILE          writes them to a file that must not be there: records as they came, a line each; rows behind a shuffle as JSON
${AWS_HELP}

With --json and no ID each letter is one line.`

interface Request {
  readonly id: string | undefined
  readonly operator: string | undefined
  readonly sinceMs: number | undefined
  readonly json: boolean
  /** A file to write them to. */
  readonly file: string | undefined
}

export const deadCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('dead', args, OPTIONS)
    const [what, id, extra] = positionals
    if (what === undefined) throw new MillraceError('USAGE', 'dead needs the name of a job, or the file of a job that millrace run has run')
    if (extra !== undefined) throw new MillraceError('USAGE', `dead takes a job and the id of a dead letter, and got '${extra}' as well`)
    if (id !== undefined && values.export !== undefined)
      throw new MillraceError('USAGE', `--export writes all letters that --operator and --since select, and not one; leave '${id}' or --export out`)
    if (values.export?.endsWith('.json') === true)
      throw new MillraceError('USAGE', `--export ${values.export}: a .json file is read as one array, and this one has a record in each line; call it .jsonl`)
    const request = { file: values.export, id, operator: values.operator, sinceMs: sinceOf(values.since), json: values.json === true }
    if (!isFile(what) && values.state === undefined)
      return onAws(values, async (place) => {
        const { job, ports } = await openJob('dead', what, place)
        return show(ports, job.environment.job, request, io)
      })
    const wrong = (['local', 'profile', 'region'] as const).find((option) => values[option] !== undefined)
    if (wrong !== undefined) throw new MillraceError('USAGE', `--${wrong} is for jobs on AWS, and this is a run of millrace run`)
    const name = isFile(what) ? (await loadJob(what)).name : what
    return withSource('dead', name, { state: values.state ?? DEFAULTS.state }, (stores) => show(stores, name, request, io))
  },
}

async function show(stores: Pick<Ports, 'log' | 'objects'>, job: string, { id, json, file, ...filter }: Request, { stdout }: CommandIo): Promise<number> {
  const write = (value: unknown): unknown => stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value, jsonSafe)}\n`)
  if (id !== undefined) {
    const named = await letterOf(stores, job, id)
    if (json) write(letterJson(named))
    else for (const line of formatLetter(named)) write(line)
  } else if (file !== undefined) {
    const { stream, lines, left } = await toFile(file, (append) => exportLetters(() => readLetters(stores, job, filter), append))
    if (json) write({ file, stream: stream ?? null, lines, left })
    else {
      write(`${lines} ${stream === undefined ? 'rows' : `records of stream '${stream}'`} in ${file}`)
      for (const one of left) write(`${one} is no line of text: millrace dead ${job} '${one}' --json has its bytes`)
    }
    return left.length === 0 ? 0 : 1
  } else if (json) for await (const named of readLetters(stores, job, filter)) write(letterJson(named))
  else for (const line of formatGroups(job, await groupLetters(readLetters(stores, job, filter)))) write(line)
  return 0
}

/** Writes a new file; where that does not come to its end there is none. */
async function toFile<T>(path: string, work: (append: (bytes: Uint8Array) => Promise<unknown>) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx').catch((cause: NodeJS.ErrnoException) => {
    throw new MillraceError(
      'USAGE',
      cause.code === 'EEXIST' ? `--export ${path}: the file is there already; name another` : `--export ${path}: ${cause.message}`,
      { cause },
    )
  })
  try {
    return await work((bytes) => file.appendFile(bytes))
  } catch (error) {
    await unlink(path)
    throw error
  } finally {
    await file.close()
  }
}

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^\d+(\.\d+)?\s*[a-z]+$/.test(text) ? PACE.now() - (durationMs('--since', text) ?? 0) : parseStart(text, '--since')
}
