import type { BatchEntry, Told } from './entry.ts'

/** An allocated batch: its number in the batch log, and what stands there. */
export interface Batch {
  readonly number: number
  readonly entry: BatchEntry
}

export const NOTHING_TOLD: Told = { names: [], attributes: {} }

/** Returns both, the later one behind the earlier. */
export function joinTold(earlier: Told, later: Told): Told {
  return { names: [...earlier.names, ...later.names], attributes: { ...earlier.attributes, ...later.attributes } }
}
