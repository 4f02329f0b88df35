import { interpret } from './interpret.ts'
import type { Program } from './operator.ts'

/** Programs that are a little smaller than one that fails: fewer outputs, nodes, batches, rows. */
function* smaller(program: Program): Generator<Program> {
  const { outputs, nodes, inputs, batches } = program
  if (outputs.length > 1) for (const one of outputs) yield { ...program, outputs: [one] }
  for (const one of outputs) if (one.kind !== 'json') yield { ...program, outputs: outputs.map((other) => (other === one ? { ...one, kind: 'json' } : other)) }
  for (const [i, node] of nodes.entries()) {
    const [parent] = node.of
    // A node's readers, and outputs, take its parent instead: it fits where the types do; where not, the interpreter throws.
    if (parent !== undefined)
      yield {
        ...program,
        nodes: nodes.map((other) => ({ ...other, of: other.of.map((of) => (of === i ? parent : of)) })),
        outputs: outputs.map((output) => (output.node === i ? { ...output, node: parent } : output)),
      }
    for (const what of ['partitions', 'table', 'timeout'] as const)
      if (node[what] !== undefined && node.op !== 'repartition' && node.op !== 'joinTable')
        yield { ...program, nodes: nodes.map((other) => (other === node ? { ...node, [what]: undefined } : other)) }
    // Outputs further up: what is wrong may be so there already.
    if (outputs.length === 1 && node.of.length > 0 && i < outputs[0]!.node) yield { ...program, outputs: [{ ...outputs[0]!, node: i }] }
  }
  if (batches > 1) yield { ...program, batches: batches - 1, inputs: inputs.map((input) => ({ ...input, batches: input.batches.slice(0, -1), bad: [] })) }
  for (const [i, input] of inputs.entries()) {
    const others = (batchesOf: typeof input.batches): Program => ({
      ...program,
      inputs: inputs.map((other, j) => (j === i ? { ...input, batches: batchesOf } : other)),
    })
    if (input.bad.length > 0) yield { ...program, inputs: inputs.map((other, j) => (j === i ? { ...input, bad: [] } : other)) }
    for (const [b, rows] of input.batches.entries()) {
      if (rows.length > 1) yield others(input.batches.map((other, c) => (c === b ? [] : other)))
      for (const r of rows.keys()) yield others(input.batches.map((other, c) => (c === b ? rows.filter((_, q) => q !== r) : other)))
    }
  }
}

/** Returns the smallest program that is found and still fails. */
export async function shrink(program: Program, fails: (program: Program) => Promise<boolean>): Promise<Program> {
  for (let best = program; ;) {
    let next: Program | undefined
    for (const one of smaller(best)) {
      try {
        interpret(one)
      } catch {
        continue
      }
      if (await fails(one)) {
        next = one
        break
      }
    }
    if (next === undefined) return best
    best = next
  }
}
