import { MillraceError } from '../values/errors.ts'
import type { RunFacts } from './stores/run-state.ts'

/** The facts that are one value each, and the options that say them. */
const NAMES: Readonly<Record<Exclude<keyof RunFacts, 'inputs' | 'createdMs' | 'firstDateMs' | 'live' | 'part'>, string>> = {
  job: 'the job',
  startMs: '--start',
  shards: '--shards',
  partitions: '--partitions',
  rate: '--rate',
  keyField: '--key',
  timeField: '--time',
  timeUnit: '--time-unit',
  timeOutliers: '--time-outliers',
  timeScale: '--time-scale',
  output: '--output',
}

/** A run goes on as it began: what was asked for now must not contradict what is kept. `asked`: only what was said. */
export function checkFacts(kept: RunFacts, asked: Partial<RunFacts>, database: string): void {
  for (const name of Object.keys(NAMES) as readonly (keyof typeof NAMES)[]) {
    const wanted = asked[name]
    if (wanted === undefined || wanted === (kept[name] ?? null)) continue
    throw new MillraceError(
      'USAGE',
      `${NAMES[name]} ${String(wanted)}: this run has begun with ${String(kept[name])} and goes on with it; leave the option as it was, or remove ${database} to start over`,
    )
  }
}
