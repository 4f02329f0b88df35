import type { Plan } from '../../plan/plan.ts'

/** Returns patterns of the directories that a plan's outputs write, e.g. `./out/worst-*`. */
export function resultsOf(plan: Plan, output: string): readonly string[] {
  const patterns = plan.stages
    .flatMap((stage) => stage.outputs)
    .flatMap(({ output: out }) => ('prefix' in out ? [`${output}/${out.prefix}-*${out.suffix === '' ? '' : `.${out.suffix}`}`] : []))
  return [...new Set(patterns)]
}
