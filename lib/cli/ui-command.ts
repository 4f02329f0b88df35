import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../values/errors.ts'
import { DEFAULTS } from '../embedded/embedded-options.ts'
import { readDatabase } from '../embedded/stores/read-database.ts'
import { RunState } from '../embedded/stores/run-state.ts'
import { statePaths } from '../embedded/stores/state-paths.ts'
import { readSources } from '../tools/switch-sources.ts'
import { Deployed } from '../ui/deployed-job.ts'
import { EmbeddedJob } from '../ui/embedded-job.ts'
import { servePage } from '../ui/serve-page.ts'
import type { ViewedJob } from '../ui/viewed-job.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody, CommandIo } from './command.ts'
import { onAws, onlyJob, openJob } from './open-job.ts'
import { parseOptions, wholeNumber } from './parse-options.ts'

const { json: _, ...AWS_PLACES } = AWS_OPTIONS
const OPTIONS = { ...AWS_PLACES, state: { type: 'string' }, 'ui-port': { type: 'string' } } as const

const HELP = `Shows a job as a web page on this machine (127.0.0.1 alone), until it is stopped (Ctrl-C). It only reads, with the rights of status.

  JOB                    a job that is deployed
  --state DIR            in place of a job: a run of millrace run that is over
  --ui-port PORT         the page's port, and no other (the first free one from 4040 on)
${AWS_HELP.split('\n')
  .filter((line) => !line.includes('--json'))
  .join('\n')}`

export const uiCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('ui', args, OPTIONS)
    const port = wholeNumber('--ui-port', values['ui-port'], 1, 65_535)
    if (values.state !== undefined) {
      const job = runIn(values.state, positionals[0])
      return serve(job, { port, poll: false }, io)
    }
    const name = onlyJob('ui', positionals)
    return onAws(values, async (place) => {
      const { job, control, ports } = await openJob('ui', name, place)
      const where = [
        ...(values.local === true ? ['--local'] : []),
        ...(values.profile === undefined ? [] : ['--profile', values.profile]),
        ...(values.region === undefined ? [] : ['--region', values.region]),
      ]
      return serve(new Deployed({ job, ports, where, sources: () => readSources(control, job) }), { port, poll: true }, io)
    })
  },
}

/** The run of a state's folder; where it holds several, the name says which. */
function runIn(state: string, name: string | undefined): ViewedJob {
  const names = existsSync(state) ? readdirSync(state).flatMap((file) => (file.endsWith('.db') ? [file.slice(0, -'.db'.length)] : [])) : []
  const job = name ?? (names.length === 1 ? names[0] : undefined)
  if (job === undefined || !names.includes(job))
    throw new MillraceError(
      'USAGE',
      names.length === 0
        ? `there is no state of a run in ${state}: name its folder with --state DIR (${DEFAULTS.state} unless told otherwise)`
        : `${state} holds the states of ${names.join(', ')}: say which, millrace ui ${names[0] ?? 'JOB'} --state ${state}`,
    )
  const paths = statePaths(state, job)
  const db = readDatabase(paths.database)
  try {
    const run = new RunState(db)
    const { facts } = run
    if (facts === undefined) throw new MillraceError('USAGE', `${join(state, job)}.db holds no run: start one with millrace run`)
    const speed = run.wishes?.speed ?? Infinity
    return new EmbeddedJob({ job, intervalMs: null, plan: null, speed, facts, paths, file: undefined, state, startedMs: null })
  } finally {
    db.close()
  }
}

async function serve(job: ViewedJob, { port, poll }: { readonly port: number | undefined; readonly poll: boolean }, io: CommandIo): Promise<number> {
  const page = await servePage({ job, port, poll })
  io.stdout.write(`page: ${page.url}\n`)
  await new Promise<void>((resolve) => {
    // The page alone would not keep the process: it goes until it is told to stop.
    const alive = setInterval(() => {}, 60_000)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (clearInterval(alive), resolve()))
  })
  await page.close()
  return 0
}
