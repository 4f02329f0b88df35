import { MillraceError } from '../values/errors.ts'
import { runsOnAws } from './source-modules.ts'
import type { Plan } from '../plan/plan.ts'
import { MAX_INTERVAL_MS, MIN_INTERVAL_MS } from './limits.ts'

/** Throws where a program that is sound elsewhere cannot run on Lambda. */
export function checkProgram(plan: Plan): void {
  const job = `StreamingJob: job '${plan.name}'`
  if (plan.intervalMs < MIN_INTERVAL_MS || plan.intervalMs > MAX_INTERVAL_MS) {
    throw new MillraceError(
      'BAD_PROGRAM',
      `${job} has a batch interval of ${plan.intervalMs / 1000} s; on Lambda it must be from 1 s to 15 min: event source mappings gather whole seconds, and a delayed message waits 15 min at most. Shorter and longer ones run embedded and in tests`,
    )
  }
  for (const { kind, stream, poll } of plan.inputs) {
    if (poll !== undefined && poll.everyMs % 60_000 !== 0)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${job}: receiverStream '${stream}' is asked every ${poll.everyMs / 1000} s; on AWS EventBridge asks, in whole minutes: say every: minutes(${Math.max(1, Math.round(poll.everyMs / 60_000))})`,
      )
    if (!runsOnAws(kind))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${job} reads '${stream}' with ${kind}, which cannot run on AWS: on Lambda records come from Kinesis, or from a receiverStream; read it with ssc.kinesisStream, and keep ${kind} for tests`,
      )
  }
  if (plan.inputs.length === 0) throw new MillraceError('BAD_PROGRAM', `${job} reads no stream, so nothing would ever call it; read one with ssc.kinesisStream`)
}
