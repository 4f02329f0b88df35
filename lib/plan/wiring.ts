import type { Node } from '../dstream/node.ts'
import type { Exchange, Plan, StageNode } from './plan.ts'

/** What hangs on a node or an exchange within one stage: nodes that run there, and exchanges that are written there. */
export interface Wires {
  readonly edges: readonly StageNode[]
  readonly writes: readonly Exchange[]
}

/** Who passes rows to whom within each stage. */
export interface Wiring {
  after(source: Node | Exchange): Wires
}

const NONE: Wires = { edges: [], writes: [] }
const wirings = new WeakMap<Plan, Wiring>()

/** Returns the wiring of a plan; made once. */
export function wiringOf(plan: Plan): Wiring {
  let wiring = wirings.get(plan)
  if (wiring === undefined) wirings.set(plan, (wiring = wire(plan)))
  return wiring
}

function wire(plan: Plan): Wiring {
  const crossing = new Set<string>()
  const key = (from: Node, to: Node, input: number): string => `${plan.uids.get(from)} ${plan.uids.get(to)} ${input}`
  const wires = new Map<Node | Exchange, { edges: StageNode[]; writes: Exchange[] }>()
  const at = (source: Node | Exchange): { edges: StageNode[]; writes: Exchange[] } => {
    const found = wires.get(source) ?? { edges: [], writes: [] }
    wires.set(source, found)
    return found
  }
  for (const exchange of plan.exchanges) {
    at(exchange.from).writes.push(exchange)
    for (const reader of exchange.readers) {
      crossing.add(key(exchange.from, reader.node, reader.input))
      at(exchange).edges.push(reader)
    }
  }
  for (const node of plan.uids.keys()) {
    node.parents.forEach((parent, input) => {
      if (!crossing.has(key(parent, node, input))) at(parent).edges.push({ node, input })
    })
  }
  return { after: (source) => wires.get(source) ?? NONE }
}
