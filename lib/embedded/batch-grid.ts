import type { Node } from '../dstream/node.ts'
import type { Plan } from '../plan/plan.ts'

/** Returns the first batch time after the end of the input at which every operator of the plan slides, or the first such time `drainMs` later. */
export function lastBatchTime(plan: Plan, { lastArrivalMs, drainMs }: { readonly lastArrivalMs: number; readonly drainMs: number }): number {
  return nextSlideOfAll(plan, nextSlideOfAll(plan, lastArrivalMs) - 1 + drainMs)
}

/** Returns the first batch time after a time at which every operator of the plan slides. */
export function nextSlideOfAll(plan: Plan, afterMs: number): number {
  const nodes: readonly Node[] = [...plan.inputs, ...plan.stages.flatMap((stage) => stage.nodes)]
  const grid = nodes.reduce((common, node) => leastCommonMultiple(common, node.slideMs), plan.intervalMs)
  return (Math.floor(afterMs / grid) + 1) * grid
}

function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
