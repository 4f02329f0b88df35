import { OPERATORS } from './operators.ts'
import { INTERVAL_MS, type Program } from './operator.ts'
import type { Rows } from './values.ts'

/** Element i is what a stream holds at batch i + 1; undefined: it yields nothing then. */
export type Meant = readonly (Rows | undefined)[]

export interface InterpretOptions {
  readonly maxRows?: number
  /** When the first batch begins: a multiple of every slide. */
  readonly startMs?: number
}

/** How many batches beyond the program's are interpreted: a run may allocate one more. */
const BEYOND = 3

/** Returns what each node of a program holds, batch by batch: from the operators' meanings alone. undefined: a stream has more than `maxRows` in a batch. */
export function interpret({ nodes, inputs, batches }: Program, { maxRows = Infinity, startMs = 0 }: InterpretOptions = {}): readonly Meant[] | undefined {
  const held: (Rows | undefined)[][] = nodes.map(() => [])
  const slides: number[] = []
  const means = nodes.map((node, i) => {
    slides.push(node.slide ?? (node.of[0] === undefined ? 1 : slides[node.of[0]]!))
    return node.op === 'input' ? undefined : OPERATORS[node.op]!.means(nodes[i]!)
  })
  for (let at = 1; at <= batches + BEYOND; at++) {
    for (const [i, node] of nodes.entries()) {
      if (at % slides[i]! !== 0) {
        held[i]!.push(undefined)
        continue
      }
      const rows =
        means[i]?.({
          node,
          at,
          atMs: startMs + at * INTERVAL_MS,
          rows: (parent = 0) => held[node.of[parent]!]![at - 1] ?? [],
          between: (from, to) => held[node.of[0]!]!.slice(Math.max(0, from), to).flatMap((some) => some ?? []),
        }) ??
        inputs[Number(node.form)]!.batches[at - 1] ??
        []
      if (rows.length > maxRows) return undefined
      held[i]!.push(rows)
    }
  }
  return held
}
