import type { Ports } from '../runtime/runtime.ts'
import type { BatchReader } from './batch-reader.ts'
import { readBatch, type BatchOutput } from './read-batch.ts'

/** Batches that are looked through for rows. */
const LOOKED_THROUGH = 20

export interface NewestOutput {
  readonly operator: string
  readonly kind: BatchOutput['kind']
  readonly batch: number
  readonly timeMs: number
  readonly rows: number
  readonly parts: readonly BatchOutput[]
}

/** Returns the newest rows of each output, from the newest batches that have some. `operators`: those that are looked for. */
export async function readOutputs(
  ports: Pick<Ports, 'log' | 'progress' | 'objects'>,
  batches: BatchReader,
  { outputPrefix, operators }: { readonly outputPrefix: string; readonly operators: readonly string[] | null },
): Promise<readonly NewestOutput[]> {
  const newest = await batches.newest()
  const found = new Map<string, NewestOutput>()
  for (let n = newest; n >= 0 && n > newest - LOOKED_THROUGH; n--) {
    if (operators !== null && operators.every((operator) => found.has(operator))) break
    const batch = await readBatch(ports, batches, n, { outputPrefix })
    for (const output of batch?.outputs ?? []) {
      const known = found.get(output.operator)
      if (known === undefined) {
        const parts = (batch?.outputs ?? []).filter(({ operator }) => operator === output.operator)
        const rows = parts.reduce((sum, part) => sum + part.rows, 0)
        found.set(output.operator, { operator: output.operator, kind: output.kind, batch: n, timeMs: batch?.figures.timeMs ?? 0, rows, parts })
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.operator < b.operator ? -1 : 1))
}
