import type { Plan } from '../../plan/plan.ts'
import type { InputEntry } from '../entries/entry.ts'
import { BEGIN_LOG } from '../entries/log-names.ts'
import type { Invocation } from '../invocation.ts'
import { decide, find } from '../logs/read-log.ts'
import { SLACK_MS } from '../settings.ts'

const plans = new WeakMap<Plan, boolean>()

/** Whether an operator runs in every batch, from the first one on: a job with one has batches before its first record. */
export function runsFromBeginning(plan: Plan): boolean {
  let known = plans.get(plan)
  if (known === undefined)
    plans.set(plan, (known = plan.stages.some((stage) => stage.nodes.some((node) => node.shape === 'barrier' && node.fromBeginning === true))))
  return known
}

/** Returns the time of a job's first batch, where it need not wait for a record; null: it does. `registered`: some input partition has delivered. */
export async function beginTime(run: Invocation, registered: boolean): Promise<number | null> {
  if (!runsFromBeginning(run.plan)) return null
  const { begin, batchingWindowMs } = run.settings
  if ('atMs' in begin) return begin.atMs
  // Then stream time begins with the earliest block that waits.
  if (registered) return null
  const now = run.now()
  if (begin.restMs > 0 && now < (await firstTickMs(run)) + begin.restMs) return null
  const { intervalMs } = run.plan
  return Math.floor((now - batchingWindowMs - SLACK_MS) / intervalMs) * intervalMs
}

/** When a tick first looked for the first batch: it leaves a mark. */
async function firstTickMs(run: Invocation): Promise<number> {
  const key = { log: BEGIN_LOG, n: 0 }
  const there = await find(run, 'input', key, { consistent: true })
  if (there !== null) return there.at
  const mark: InputEntry = { kind: 'input', deploy: run.deploy, id: run.newId(), at: run.now(), stream: '', shard: '' }
  return (await decide(run, key, mark, { forever: true })).entry.at
}
