import type { Plan } from '../../plan/plan.ts'
import type { OpenInputs } from './open-sources.ts'
import { LiveFarRule } from './far-dates.ts'
import { recordRule } from './record-rule.ts'
import { FIRST_PART, type RunFacts } from '../stores/run-state.ts'

/** Dates are in the lines: only inputs that are read in a moment are read for the sake of a percentage. */
const MAX_DATED_RECORDS = 200_000

/** Returns how many records there are and when the last arrives; undefined where nobody can know, or not soon. For the eye only. */
export async function sizeOf(
  plan: Plan,
  inputs: OpenInputs,
  facts: RunFacts,
): Promise<{ readonly records: number; readonly lastArrivalMs: number } | undefined> {
  const { startMs, rate, timeField, timeScale, timeUnit, firstDateMs, part = FIRST_PART } = facts
  if (plan.inputs.some((node) => node.queue !== undefined || node.files !== undefined || node.poll !== undefined)) return undefined
  let records = 0
  let lastArrivalMs = startMs
  for (const [stream, input] of inputs) {
    if ('stdin' in input) return undefined
    const from = part.taken[stream] ?? 0
    records += input.records - from
    const rule = recordRule({
      startMs,
      intervalMs: plan.intervalMs,
      rate,
      keyField: undefined,
      timeField: timeField ?? undefined,
      timeScale,
      timeUnit: timeUnit ?? undefined,
      // What is far does not count, for the eye.
      timeOutliers: facts.timeOutliers === 'believe' ? 'believe' : 'keep',
      far: new LiveFarRule(),
      ...(typeof firstDateMs === 'number' && { origin: { dateMs: firstDateMs } }),
      from,
    })
    if (timeField === null) lastArrivalMs = Math.max(lastArrivalMs, rule.describe(new Uint8Array(0), Math.max(from, input.records - 1))?.arrivalMs ?? startMs)
    else {
      if (input.records > MAX_DATED_RECORDS) return undefined
      for await (const lines of input.lines(from))
        for (const [i, line] of lines.entries()) lastArrivalMs = Math.max(lastArrivalMs, rule.describe(line, i)?.arrivalMs ?? startMs)
    }
  }
  return { records, lastArrivalMs }
}
