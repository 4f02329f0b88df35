import { awaitBatch, describeSkip, goOn, type Way } from '../tools/go-on.ts'
import type { AwsValues } from './aws-options.ts'
import type { CommandIo } from './command.ts'
import { onAws, openJob, PACE } from './open-job.ts'

/** A tick is taken within seconds; a batch may take as long as its tasks. */
const TIMEOUT_MS = 30_000

const DONE: Readonly<Record<Way, string>> = { skip: 'skipped', retry: 'retried' }

/** Lets the stuck batch of a job on AWS go on, and says what became of it: 0 unless it fails again. */
export function goOnDeployed(
  way: Way,
  name: string,
  values: AwsValues & { readonly json?: boolean | undefined },
  { stdout }: Pick<CommandIo, 'stdout'>,
  untilMs?: number,
): Promise<number> {
  return onAws(values, async (place) => {
    const { job, ports } = await openJob(way, name, place)
    const asked = await goOn(way, job.environment, ports, PACE.now(), untilMs)
    const { failure, batch, timeMs } = asked
    if (values.json !== true) {
      stdout.write(`task ${failure.task} failed ${failure.attempts === 1 ? 'once' : `${failure.attempts} times`}: ${failure.message}\n`)
      const command = `millrace skip ${name}${values.local === true ? ' --local' : ''}`
      const skipped = (): string => describeSkip({ ...asked, operator: failure.operator }, untilMs, command)
      stdout.write(`${way === 'skip' ? skipped() : `the batch of ${new Date(timeMs).toISOString()} is tried again`}\n`)
    }
    const outcome = await awaitBatch(ports, asked, { pace: PACE, timeoutMs: TIMEOUT_MS })
    if (values.json === true)
      stdout.write(`${JSON.stringify({ job: name, batch, timeMs, [DONE[way]]: failure, ...(untilMs === undefined ? {} : { untilMs }), outcome })}\n`)
    else if (outcome.end === 'finished') stdout.write(`batch ${batch} is finished\n`)
    else if (outcome.end === 'failed') stdout.write(`batch ${batch} is stuck again: task ${outcome.failure.task} failed: ${outcome.failure.message}\n`)
    else stdout.write(`batch ${batch} is not finished yet; millrace status ${name} says how it is\n`)
    return outcome.end === 'failed' ? 1 : 0
  })
}
