import type { Program } from './operator.ts'
import { textOf } from './values.ts'

/** A program as text: inputs by batch, a line for each node, outputs. */
export function show({ seed, batches, inputs, nodes, outputs }: Program): string {
  return [
    `seed ${seed}, ${batches} batches`,
    ...inputs.map(({ kind, batches: all, bad }, i) => `  in${i} (${kind}): ${textOf(all)}${bad.length > 0 ? ` bad: ${bad.join()}` : ''}`),
    ...nodes.map(
      ({ op, of, ...rest }, i) => `  s${i} = ${op === 'input' ? `in${rest.form}` : `${op}(${of.map((n) => `s${n}`).join(', ')}) ${JSON.stringify(rest)}`}`,
    ),
    `  out: ${outputs.map(({ node, kind }) => `s${node} ${kind}`).join(', ')}`,
  ].join('\n')
}
