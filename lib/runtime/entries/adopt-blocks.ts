import type { Rows } from '../../dstream/node.ts'
import { partitionOfRow } from '../../plan/sinks.ts'
import type { Exchange, Plan } from '../../plan/plan.ts'
import type { Block } from './entry.ts'

/** A block as one partition of a stage reads it. */
export interface ReadBlock {
  readonly block: Block
  /** The exchange of this program that it belongs to. */
  readonly exchange: string
  /** Leaves the rows of one partition; undefined: all are. */
  readonly pick: ((rows: Rows) => Rows) | undefined
}

/** An exchange's uid without how many partitions it has, and at which level. */
const stem = (uid: string): string => uid.replace(/\d+@\d+$/, '')

/**
 * Returns the exchanges that took the place of one that is gone, when another deploy has only changed numbers of partitions: the rows are the same, so what
 * waited in the receiver logs need not be dropped. Exchanges of which the entry has blocks itself need none; undefined when there is nobody.
 */
export function heirsOf(plan: Plan, uid: string, entryBlocks: readonly Block[]): readonly Exchange[] | undefined {
  const present = new Set(entryBlocks.map((block) => block.exchange))
  const heirs = plan.exchanges.filter((exchange) => stem(exchange.uid) === stem(uid) && !present.has(exchange.uid))
  if (heirs.length === 0) return undefined
  // Of several that are gone, all with the same rows, one is taken.
  const first = [...present].find((other) => stem(other) === stem(uid) && plan.exchanges.every((exchange) => exchange.uid !== other))
  return first === uid ? heirs : []
}

/** Returns what of a block of a gone exchange is this partition's; undefined when nothing is. */
export function adopted(block: Block, heir: Exchange, partition: number): ReadBlock | undefined {
  if (heir.spread === 'key') {
    const pick = (rows: Rows): Rows => rows.filter((row) => partitionOfRow(row, heir.partitions) === partition)
    return { block, exchange: heir.uid, pick }
  }
  return block.partition % heir.partitions === partition ? { block, exchange: heir.uid, pick: undefined } : undefined
}
