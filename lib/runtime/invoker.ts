import { describeValue } from '../values/describe-value.ts'
import { emptyMemory, openInvocation, settingsOf, timed, type Invocation } from './invocation.ts'
import { checkOwner } from './logs/owner.ts'
import type { Deadline, RuntimeOptions } from './runtime.ts'

/** Runs the invocations of one process, which share its caches, and reports each with one line. */
export type Invoker = <T>(kind: string, deadline: Deadline, work: (run: Invocation) => Promise<T>) => Promise<T>

export function makeInvoker(options: RuntimeOptions): Invoker {
  const memory = emptyMemory(settingsOf(options))
  return async (kind, deadline, work) => {
    const run = openInvocation(options, memory, deadline)
    let error: unknown
    try {
      return await timed(run, 'all', async () => {
        if (options.owner !== undefined && !memory.owned) {
          await checkOwner(run.ports.log, options.plan.name, options.owner)
          memory.owned = true
        }
        return work(run)
      })
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      run.observe({
        event: 'invocation',
        kind,
        job: options.plan.name,
        deploy: options.deploy,
        batchNumbers: [...run.meter.batches],
        ...run.meter.counts,
        ms: run.meter.stepsMs,
        ...(error === undefined ? {} : { error: error instanceof Error ? error.message : describeValue(error) }),
      })
    }
  }
}
