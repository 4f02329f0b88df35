import { MAX_PLOT_BYTES } from '../output/plot.ts'
import type { Plan } from './plan.ts'

/** Returns what each plot of a program may take: all of them together fit beside what else stands in an entry. */
export function plotBytes(plan: Plan): number {
  const plots = plan.stages.reduce((sum, { outputs }) => sum + outputs.filter(({ output }) => output.kind === 'plot').length, 0)
  return Math.floor(MAX_PLOT_BYTES / Math.max(1, plots))
}
