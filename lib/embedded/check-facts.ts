import { MillraceError } from '../values/errors.ts'
import type { RunFacts } from './stores/run-state.ts'

/** The facts that are one value each, and the options that say them. */
const NAMES: Readonly<Record<Exclude<keyof RunFacts, 'inputs' | 'createdMs'>, string>> = {
  job: 'the job',
  startMs: '--start',
  shards: '--shards',
  partitions: '--partitions',
  rate: '--rate',
  keyField: '--key',
  timeField: '--time',
  timeScale: '--time-scale',
  output: '--output',
}

/** A run goes on as it began: what was asked for now must not contradict what is kept. `asked`: only what was said. */
export function checkFacts(kept: RunFacts, asked: Partial<RunFacts>, database: string): void {
  if (asked.inputs !== undefined && JSON.stringify(asked.inputs) !== JSON.stringify(kept.inputs))
    throw new MillraceError('USAGE', inputMessage(kept.inputs, asked.inputs, database))
  for (const name of Object.keys(NAMES) as readonly (keyof typeof NAMES)[]) {
    const wanted = asked[name]
    if (wanted === undefined || wanted === kept[name]) continue
    throw new MillraceError(
      'USAGE',
      `${NAMES[name]} ${String(wanted)}: this run has begun with ${String(kept[name])} and goes on with it; leave the option as it was, or remove ${database} to start over`,
    )
  }
}

function inputMessage(kept: RunFacts['inputs'], asked: RunFacts['inputs'], database: string): string {
  const changed = Object.keys(asked).find((stream) => kept[stream]?.path === asked[stream]?.path && kept[stream]?.hash !== asked[stream]?.hash)
  const rest = `bring it back to go on, or remove ${database} to start over`
  if (changed !== undefined) return `--input ${asked[changed]?.path ?? ''} has changed since this run began; ${rest}`
  const was = Object.entries(kept)
    .map(([stream, { path }]) => `--input ${stream}=${path}`)
    .join(' ')
  return `this run has begun with ${was === '' ? 'no input' : was}; ${rest}`
}
