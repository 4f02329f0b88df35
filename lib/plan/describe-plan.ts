import type { Node } from '../dstream/node.ts'
import { placeOf } from '../dstream/place.ts'
import type { Plan } from './plan.ts'

export interface DescribedOperator {
  readonly uid: string
  /** The API's name: `map`, `reduceByKey`, ... */
  readonly kind: string
  /** uids of the operators whose rows it takes. */
  readonly parents: readonly string[]
  /** It keeps state. */
  readonly stateful: boolean
  readonly output: boolean
  /** What else makes it what it is: window, names, numbers. */
  readonly params: Readonly<Record<string, string | number | boolean | null>>
  readonly file: string | null
  readonly line: number | null
}

export interface DescribedStage {
  /** `receive`: stage 0, where records are received. */
  readonly uid: string
  /** null: as many as there are input partitions. */
  readonly partitions: number | null
  readonly operators: readonly DescribedOperator[]
}

export interface DescribedShuffle {
  readonly uid: string
  readonly from: readonly string[]
  readonly to: string
  readonly fromOperator: string
  readonly toOperators: readonly string[]
  readonly spread: string
  readonly combined: boolean
}

/** A program as it was cut into stages, for drawing. JSON-able. */
export interface DescribedPlan {
  readonly job: string
  readonly intervalMs: number
  readonly fingerprint: string
  readonly stages: readonly DescribedStage[]
  readonly shuffles: readonly DescribedShuffle[]
}

export const RECEIVE = 'receive'

/** Describes a plan. `shown` says how a file's path is shown. */
export function describePlan(plan: Plan, shown: (path: string) => string = (path) => path): DescribedPlan {
  const uid = (node: Node): string => plan.uids.get(node) ?? node.kind
  const describe = (node: Node): DescribedOperator => {
    const place = placeOf(node)
    return {
      uid: uid(node),
      kind: node.kind,
      parents: node.parents.map(uid),
      stateful: (node.shape === 'narrow' || node.shape === 'barrier') && node.stateful !== undefined,
      output: node.shape === 'output',
      params: node.params,
      file: place === undefined ? null : shown(place.file),
      line: place?.line ?? null,
    }
  }
  const later = new Set(plan.stages.flatMap(({ nodes }) => nodes))
  const first = [...plan.uids.keys()].filter((node) => !later.has(node))
  return {
    job: plan.name,
    intervalMs: plan.intervalMs,
    fingerprint: plan.fingerprint,
    stages: [
      { uid: RECEIVE, partitions: null, operators: first.map(describe) },
      ...plan.stages.map(({ uid: stage, partitions, nodes }) => ({ uid: stage, partitions, operators: nodes.map(describe) })),
    ],
    shuffles: plan.exchanges.map((exchange) => ({
      uid: exchange.uid,
      from: exchange.fromStages.length > 0 ? exchange.fromStages : [RECEIVE],
      to: exchange.to,
      fromOperator: uid(exchange.from),
      toOperators: exchange.readers.map(({ node }) => uid(node)),
      spread: exchange.spread,
      combined: exchange.combiner !== undefined,
    })),
  }
}
