import { isTable } from '../../dstream/graph-builder.ts'
import type { Plan } from '../../plan/plan.ts'

/** Returns patterns of the directories that a plan's outputs write, e.g. `./out/worst-*`. */
export function resultsOf(plan: Plan, output: string): readonly string[] {
  const patterns = plan.stages
    .flatMap((stage) => stage.outputs)
    .flatMap(({ output: out }) =>
      out.kind === 'files' ? [`${output}/${out.prefix}${isTable(out) ? '/' : `-*${out.suffix === '' ? '' : `.${out.suffix}`}`}`] : [],
    )
  return [...new Set(patterns)]
}
