import type { Sink, SinkBatch } from 'millrace'
import type { SinkFault, SinkProcess, SinkRow, SinkTarget } from 'millrace/testing'

/** A target in memory: what it holds, and the newest batch that each (run, sink, partitions, partition) has written. */
export interface Held {
  readonly rows: SinkRow[]
  readonly newest: Map<string, number>
}

/** How a sink writes: `message` stands before each request and before each answer. */
export type WriteRule = (held: Held, sink: string, rows: readonly SinkRow[], batch: SinkBatch, message: () => Promise<void>) => Promise<void>

export const scopeOf = (sink: string, { job, run, partitions, partition }: SinkBatch): string => JSON.stringify([job, run, sink, partitions, partition])

/** The rule of every exactly-once sink: one request compares and writes. */
export const rule: WriteRule = async (held, sink, rows, batch, message) => {
  await message()
  const scope = scopeOf(sink, batch)
  if ((held.newest.get(scope) ?? -1) < batch.time.milliseconds) {
    held.newest.set(scope, batch.time.milliseconds)
    held.rows.push(...rows)
  }
  await message()
}

export function memoryTarget(write: WriteRule, guarantee: Sink<SinkRow>['guarantee'] = 'exactly-once'): SinkTarget {
  const held: Held = { rows: [], newest: new Map() }
  return {
    open: async ({ fault, name = 'memory' } = {}): Promise<SinkProcess> => {
      const link = linkOf(fault)
      return {
        sink: { name, guarantee, write: (rows, batch) => write(held, name, rows, batch, link.message) },
        reached: link.reached,
        resume: link.resume,
        close: async () => {},
      }
    },
    read: async () => held.rows,
  }
}

function linkOf(fault: SinkFault | undefined): { readonly message: () => Promise<void>; readonly reached: () => boolean; readonly resume: () => void } {
  let messages = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    message: async () => {
      // A message takes a while: others come in between.
      await new Promise(setImmediate)
      if (fault === undefined || ++messages < fault.at) return
      if (fault.what === 'die') throw new Error('died')
      await promise
    },
    reached: () => fault !== undefined && messages >= fault.at,
    resume: () => resolve(),
  }
}
