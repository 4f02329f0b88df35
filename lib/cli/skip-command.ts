import { DEFAULTS } from '../embedded/embedded-options.ts'
import { runEmbedded } from '../embedded/run-embedded.ts'
import { skipFailed } from '../embedded/skip-failed.ts'
import type { CommandBody } from './command.ts'
import { loadJob } from './load-job.ts'
import { onlyFile, parseOptions } from './parse-options.ts'
import { viewOf } from './view-of.ts'

const OPTIONS = { state: { type: 'string' } } as const

const HELP = `FILE.ts exports the job whose run was stopped by an operator that fails. The run goes on, without that operator in that batch: a foreachRDD
is not called; a transform, or a key that cannot be reduced, yields nothing and its rows go to the dead letters. The batch's _SUCCESS says so.

  --state DIR            where the state is kept (./.millrace)
  --help                 this text`

export const skipCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('skip', args, OPTIONS)
    const file = onlyFile('skip', positionals)
    const state = values.state ?? DEFAULTS.state
    const job = await loadJob(file)
    const { timeMs, failure, facts, wishes, unread } = await skipFailed(job, state)
    io.stdout.write(`the batch of ${new Date(timeMs).toISOString()} goes on without operator '${failure.operator}'\n`)
    if (unread.length > 0) {
      io.stdout.write(`the rest of the standard input is not kept: start the run again with it, millrace run ${file} --input - ...\n`)
      return 0
    }
    await runEmbedded(job, {
      state,
      file,
      partitions: facts.partitions ?? undefined,
      speed: wishes?.speed ?? undefined,
      drainMs: wishes?.drainMs,
      show: wishes?.show ?? undefined,
      view: viewOf(io),
    })
    return 0
  },
}
