import type { Plan } from '../../plan/plan.ts'
import type { InputEntry } from '../entries/entry.ts'
import { BEGIN_LOG } from '../entries/log-names.ts'
import type { Invocation } from '../invocation.ts'
import { decide, readOn } from '../logs/read-log.ts'
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
  if (begin.restMs > 0 && !(await hasRested(run, begin.restMs))) return null
  const { intervalMs } = run.plan
  return Math.floor((run.now() - batchingWindowMs - SLACK_MS) / intervalMs) * intervalMs
}

/** So many parts of the rest are counted, each by a tick that leaves a mark: where none comes, as while the job is paused, the rest does not run. */
const PARTS = 5

/** Whether ticks have looked for the first batch all through the rest: the first, and then one in each part of it. */
async function hasRested(run: Invocation, restMs: number): Promise<boolean> {
  const [marks = []] = await readOn(run, 'input', [{ log: BEGIN_LOG, from: 0 }], { consistent: true, ahead: PARTS })
  const last = marks.at(-1)
  // Ticks of the rule come a part apart, more or less; more than one in half a part count once.
  if (last !== undefined && run.now() - last.at < restMs / PARTS / 2) return false
  if (marks.length >= PARTS) return true
  const mark: InputEntry = { kind: 'input', deploy: run.deploy, id: run.newId(), at: run.now(), stream: '', shard: '' }
  await decide(run, { log: BEGIN_LOG, n: marks.length }, mark, { forever: true })
  return false
}
