import { advance } from './batch/advance.ts'
import { batchEntry } from './logs/batch-head.ts'
import { createReceiver, type Receiver } from './receive/create-receiver.ts'
import type { Invocation } from './invocation.ts'
import { makeInvoker } from './invoker.ts'
import { taskName } from './entries/log-names.ts'
import type { Message, TaskMessage } from './ports/messages.ts'
import type { Deadline, RuntimeOptions } from './runtime.ts'
import { tick } from './batch/tick.ts'

/** One warm process: it keeps its caches between invocations, and any number of invocations may run in it at once. */
export interface Runtime extends Receiver {
  /** A tick or a task. When it throws, the message is to be delivered again. */
  message(message: Message, deadline: Deadline): Promise<void>
}

/** Returns the engine of a planned job over the given ports. All of its effects go through them. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const invoke = makeInvoker(options)
  return {
    ...createReceiver(options, invoke),
    message: (message, deadline) => invoke(message.kind, deadline, (run) => (message.kind === 'tick' ? tick(run) : runMessage(run, message))),
  }
}

async function runMessage(run: Invocation, message: TaskMessage): Promise<void> {
  const entry = await batchEntry(run, message.batch)
  if (entry === null) return
  const batch = { number: message.batch, entry }
  const progress = message.again ? await run.ports.progress.get(message.batch) : null
  // Sent once more while the first message was only late, or delivered twice: what is published need not be published again.
  if (progress?.names.has(taskName(message.stage, message.partition)) === true) return tick(run)
  const end = await advance(run, batch, { progress, again: message.again, first: { stage: message.stage, partition: message.partition } })
  if (end !== 'waiting') await tick(run, end === 'lost' ? undefined : end)
}
