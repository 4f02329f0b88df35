import { describeValue } from '../describe-value.ts'
import { batchEntry } from './batch-head.ts'
import { emptyMemory, openInvocation, timed, type Invocation } from './invocation.ts'
import type { Message, TaskMessage } from './messages.ts'
import { receive, type ReceiveRequest, type ReceiveResult } from './receive.ts'
import type { Deadline, RuntimeOptions } from './runtime.ts'
import { runTask } from './task.ts'
import { tick } from './tick.ts'

/** One warm process: it keeps its caches between invocations, and any number of invocations may run in it at once. */
export interface Runtime {
  /** One invocation of the receive function. Records that the result does not count as consumed are to be delivered again. */
  receive(request: ReceiveRequest, deadline: Deadline): Promise<ReceiveResult>
  /** A tick or a task. When it throws, the message is to be delivered again. */
  message(message: Message, deadline: Deadline): Promise<void>
}

/** Returns the engine of a planned job over the given ports. All of its effects go through them. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const memory = emptyMemory()
  const invoke = async <T>(kind: string, deadline: Deadline, work: (run: Invocation) => Promise<T>): Promise<T> => {
    const run = openInvocation(options, memory, deadline)
    let error: unknown
    try {
      return await timed(run, 'all', () => work(run))
    } catch (thrown) {
      error = thrown
      throw thrown
    } finally {
      run.observe({ event: 'invocation', kind, job: options.plan.name, ...run.meter.counts, ms: run.meter.stepsMs, ...(error === undefined ? {} : { error: error instanceof Error ? error.message : describeValue(error) }) })
    }
  }
  return {
    receive: (request, deadline) => invoke('receive', deadline, (run) => receive(run, request)),
    message: (message, deadline) => invoke(message.kind, deadline, (run) => (message.kind === 'tick' ? tick(run, false) : runMessage(run, message))),
  }
}

async function runMessage(run: Invocation, message: TaskMessage): Promise<void> {
  const entry = await batchEntry(run, message.batch)
  if (entry === null) return
  const batch = { number: message.batch, entry }
  const progress = message.again ? await run.ports.progress.get(message.batch) : null
  const end = await runTask(run, { batch, stage: message.stage, partition: message.partition, progress, again: message.again, told: { names: [], due: {} } })
  if (end !== 'waiting') await tick(run, end === 'finished')
}
