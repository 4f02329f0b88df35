import { DEFAULTS } from '../embedded/embedded-options.ts'
import { parseStart } from '../embedded/inputs/parse-date.ts'
import type { Ports } from '../runtime/runtime.ts'
import { MillraceError } from '../values/errors.ts'
import { formatGroups, formatLetter } from '../tools/format-letters.ts'
import { groupLetters, letterJson, letterOf, readLetters } from '../tools/read-letters.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody, CommandIo } from './command.ts'
import { loadJob } from './load-job.ts'
import { onAws, openJob, PACE } from './open-job.ts'
import { durationMs, isFile, parseOptions } from './parse-options.ts'
import { withSource } from './query-source.ts'

const OPTIONS = { ...AWS_OPTIONS, state: { type: 'string' }, operator: { type: 'string' }, since: { type: 'string' } } as const

const HELP = `Shows records and rows that a job could not process: by operator and error, with counts and the newest time; or one of them whole.
It only reads, beside the running job.

  JOB                    a job on AWS, by its name; with --state a run of millrace run
  FILE.ts                a run of millrace run, by the file that exports its job
  ID                     one dead letter: text, hex, position, stack
  --state DIR            where the state of the run is kept (./.millrace)
  --operator UID         only of this operator
  --since TIME           only of batches from then on: a date, epoch ms, or how long ago (30m, 2h, 1d)
${AWS_HELP}

With --json and no ID each letter is one line.`

interface Request {
  readonly id: string | undefined
  readonly operator: string | undefined
  readonly sinceMs: number | undefined
  readonly json: boolean
}

export const deadCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('dead', args, OPTIONS)
    const [what, id, extra] = positionals
    if (what === undefined) throw new MillraceError('USAGE', 'dead needs the name of a job, or the file of a job that millrace run has run')
    if (extra !== undefined) throw new MillraceError('USAGE', `dead takes a job and the id of a dead letter, and got '${extra}' as well`)
    const request = { id, operator: values.operator, sinceMs: sinceOf(values.since), json: values.json === true }
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

async function show(stores: Pick<Ports, 'log' | 'objects'>, job: string, { id, json, ...filter }: Request, { stdout }: CommandIo): Promise<number> {
  const write = (value: unknown): unknown => stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value, jsonSafe)}\n`)
  if (id !== undefined) {
    const named = await letterOf(stores, job, id)
    if (json) write(letterJson(named))
    else for (const line of formatLetter(named)) write(line)
  } else if (json) for await (const named of readLetters(stores, job, filter)) write(letterJson(named))
  else for (const line of formatGroups(job, await groupLetters(readLetters(stores, job, filter)))) write(line)
  return 0
}

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^\d+(\.\d+)?\s*[a-z]+$/.test(text) ? PACE.now() - (durationMs('--since', text) ?? 0) : parseStart(text, '--since')
}

/** Values that JSON has no word for are shown as text. */
function jsonSafe(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  return value instanceof Map || value instanceof Set ? [...value] : value
}
