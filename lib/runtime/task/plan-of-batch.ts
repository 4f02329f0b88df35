import type { Node, OutputNode } from '../../dstream/node.ts'
import { consumerOf, isSameOperator, type ReaderName } from '../../plan/exchange-name.ts'
import { readsIn } from '../entries/adopt-blocks.ts'
import { readShape } from '../../plan/shape.ts'
import type { Plan, Stage } from '../../plan/plan.ts'
import type { BatchEntry } from '../entries/entry.ts'

const plans = new WeakMap<Plan, Map<string, Plan>>()

/** Returns this program with the numbers of partitions that a batch was cut by: a batch in flight is finished as it was cut. */
export function planOf(plan: Plan, batch: BatchEntry): Plan {
  const { shape } = batch
  if (shape === undefined || shape === plan.shape) return plan
  let known = plans.get(plan)
  if (known === undefined) plans.set(plan, (known = new Map<string, Plan>()))
  let found = known.get(shape)
  if (found === undefined) known.set(shape, (found = plan.reshape(shape)))
  return found
}

/** Whether a batch was cut by another program. */
export function isOfOther(plan: Plan, { shape }: BatchEntry): boolean {
  return shape !== plan.shape
}

/** Returns the stage of `plan` that computes a task of the batch; undefined: there is none, or somebody who read there when the batch was cut is elsewhere now. */
export function stageOf(plan: Plan, batch: BatchEntry, uid: string): Stage | undefined {
  const stage = plan.stages.find((s) => s.uid === uid)
  const { shape, tasks } = batch
  if (stage === undefined || shape === undefined || shape === plan.shape) return stage
  const readers = readShape(shape).readers[tasks.findIndex(([task]) => task === uid)] ?? []
  const isThere = (s: Stage): boolean => readers.some((was) => readsIn(plan, s, was))
  return plan.stages.some((other) => other !== stage && isThere(other)) ? undefined : stage
}

/** Returns the stage of a batch whose tasks read an exchange for one of its readers. */
export function ownerOf({ shape, tasks }: BatchEntry, exchange: string, reader: ReaderName | undefined): string {
  if (shape !== undefined && reader !== undefined) {
    const [uid, input, lasting] = reader
    const i = readShape(shape).readers.findIndex((all) => all.some((other) => other[1] === input && isSameOperator([other[0], other[2]], [uid, lasting])))
    const task = tasks[i]
    if (task !== undefined) return task[0]
  }
  return consumerOf(exchange)
}

/** Returns how many partitions the stage of an operator has; 0: it is gone. */
export function partitionsFor(plan: Plan, operator: string): number {
  return plan.stages.find(({ nodes }) => nodes.some((node) => plan.uids.get(node) === operator))?.partitions ?? 0
}

/** Returns the output that an entry of the batch was committed for, wherever it stands in this program now. */
export function outputOf(plan: Plan, { shape }: BatchEntry, operator: string): OutputNode | undefined {
  const outputs = plan.stages.flatMap((stage) => stage.outputs)
  const same = outputs.find((node) => plan.uids.get(node) === operator)
  if (same !== undefined || shape === undefined || shape === plan.shape) return same
  const was = readShape(shape).outputs.find(([uid]) => uid === operator)
  return was && outputs.find((node) => isSameOperator(was, [plan.uids.get(node) ?? '', plan.lasting.get(node) ?? '']))
}

/** Whether rows for a reader that was not there when the batch was cut reach an operator or output that was. What begins now begins with the next batch. */
export function leadsToOld(plan: Plan, { shape }: BatchEntry, [uid, , lasting]: ReaderName): boolean {
  if (shape === undefined) return true
  const { readers, outputs } = readShape(shape)
  const old = [...readers.flat().map(([was, , name]) => [was, name] as const), ...outputs]
  const nameOf = (node: Node): readonly [uid: string, lasting: string] => [plan.uids.get(node) ?? '', plan.lasting.get(node) ?? '']
  const isOld = (node: Node): boolean => old.some((was) => isSameOperator(was, nameOf(node)))
  // Parents stand before children.
  const reached = new Set<Node>()
  for (const node of plan.uids.keys()) if (isSameOperator(nameOf(node), [uid, lasting]) || node.parents.some((parent) => reached.has(parent))) reached.add(node)
  return [...reached].some(isOld)
}
