import { DEFAULTS } from '../embedded/embedded-options.ts'
import { runEmbedded } from '../embedded/run-embedded.ts'
import { skipLine } from '../embedded/batch-failed.ts'
import { skipFailed } from '../embedded/skip-failed.ts'
import { describeSkip } from '../tools/go-on.ts'
import type { CommandIo } from './command.ts'
import { loadJob } from './load-job.ts'
import { pageOf, withPage } from './run-page.ts'
import { watchedBy } from './watched-by.ts'

/** Goes on with a run of `millrace run` without what failed in it. */
export async function skipEmbedded(
  file: string,
  { state = DEFAULTS.state, untilMs }: { readonly state?: string | undefined; readonly untilMs?: number | undefined },
  io: CommandIo,
): Promise<number> {
  const page = pageOf({})
  const job = await loadJob(file)
  const { timeMs, heldUntilMs, failure, facts, wishes, unread } = await skipFailed(job, state, untilMs)
  io.stdout.write(`${describeSkip({ operator: failure.operator, timeMs, heldUntilMs }, untilMs, skipLine(file, state))}\n`)
  if (unread.length > 0) {
    io.stdout.write(`the rest of the standard input is not kept: start the run again with it, millrace run ${file} --input - ...\n`)
    return 0
  }
  return withPage(page, io, async () => {
    const { allDead } = await runEmbedded(job, {
      state,
      page,
      file,
      partitions: facts.partitions ?? undefined,
      speed: wishes?.speed ?? undefined,
      drainMs: wishes?.drainMs,
      show: wishes?.show ?? undefined,
      ...watchedBy(io),
    })
    return allDead ? 1 : 0
  })
}
