import type { Node } from '../dstream/node.ts'
import { isSameOperator, readerNames, type ReaderName } from './exchange-name.ts'
import type { Stage } from './plan.ts'

/** What decides which task computes what: it stands in batch entries (Plan.shape), so a batch in flight is finished as it was cut. */
export interface Shape {
  /** The job's. */
  readonly numPartitions: number
  /** Of operators that have a number of partitions of their own. */
  readonly own: readonly (readonly [uid: string, lasting: string, numPartitions: number])[]
  /** Of each stage, in order: who reads what has crossed a shuffle. */
  readonly readers: readonly (readonly ReaderName[])[]
  /** What is committed for an output, or on its way to it, is found again by either name. */
  readonly outputs: readonly (readonly [uid: string, lasting: string])[]
}

export function readShape(text: string): Shape {
  const [numPartitions, own, readers, outputs] = JSON.parse(text) as [Shape['numPartitions'], Shape['own'], Shape['readers'], Shape['outputs']]
  return { numPartitions, own, readers, outputs }
}

/** Returns how many partitions of its own an operator has in a shape. */
export function ownIn({ own }: Shape, name: readonly [uid: string, lasting: string]): number | undefined {
  return own.find(([uid, lasting]) => isSameOperator([uid, lasting], name))?.[2]
}

interface Cut {
  readonly numPartitions: number
  readonly nodes: readonly Node[]
  readonly stages: readonly Stage[]
  readonly nameOf: (node: Node) => readonly [uid: string, lasting: string]
  readonly own: (node: Node) => number | undefined
}

/** Returns the shape of a program, as text: the same for programs that compute each other's tasks. */
export function shapeOf({ numPartitions, nodes, stages, nameOf, own }: Cut): string {
  const shape: readonly [Shape['numPartitions'], Shape['own'], Shape['readers'], Shape['outputs']] = [
    numPartitions,
    nodes.flatMap((node) => {
      const n = own(node)
      return n === undefined ? [] : [[...nameOf(node), n] as const]
    }),
    stages.map(({ reads }) => reads.flatMap(({ readers }) => readerNames(readers, nameOf))),
    nodes.flatMap((node) => (node.shape === 'output' ? [nameOf(node)] : [])),
  ]
  return JSON.stringify(shape)
}
