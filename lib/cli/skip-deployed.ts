import { awaitBatch, skipOperator } from '../tools/skip-operator.ts'
import type { AwsValues } from './aws-options.ts'
import type { CommandIo } from './command.ts'
import { onAws, openJob, PACE } from './open-job.ts'

/** A tick is taken within seconds; a batch may take as long as its tasks. */
const TIMEOUT_MS = 30_000

/** Leaves what failed in the stuck batch of a job on AWS out of it, and says what became of the batch: 0 unless something else fails in it. */
export function skipDeployed(name: string, values: AwsValues & { readonly json?: boolean | undefined }, { stdout }: CommandIo): Promise<number> {
  return onAws(values, async (place) => {
    const { job, ports } = await openJob('skip', name, place)
    const skipped = await skipOperator(job.environment, ports, PACE.now())
    const { failure, batch, timeMs } = skipped
    const time = new Date(timeMs).toISOString()
    if (values.json !== true) {
      stdout.write(`task ${failure.task} failed ${failure.attempts === 1 ? 'once' : `${failure.attempts} times`}: ${failure.message}\n`)
      stdout.write(`the batch of ${time} goes on without operator '${failure.operator}'\n`)
    }
    const outcome = await awaitBatch(ports, skipped, { pace: PACE, timeoutMs: TIMEOUT_MS })
    if (values.json === true) stdout.write(`${JSON.stringify({ job: name, batch, timeMs, skipped: failure, outcome })}\n`)
    else if (outcome.end === 'finished') stdout.write(`batch ${batch} is finished\n`)
    else if (outcome.end === 'failed') stdout.write(`batch ${batch} is stuck again: task ${outcome.failure.task} failed: ${outcome.failure.message}\n`)
    else stdout.write(`batch ${batch} is not finished yet; millrace status ${name} says how it is\n`)
    return outcome.end === 'failed' ? 1 : 0
  })
}
