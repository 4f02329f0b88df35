import type { Layout, Vector } from './vector.ts'

const LAYOUTS: readonly Omit<Layout, 'seed'>[] = [
  { name: '1 partition, 1 shard', numPartitions: 1, shards: 1, silence: 'run', native: false },
  { name: '4 partitions, 1 shard', numPartitions: 4, shards: 1, silence: 'skip', native: false },
  { name: '1 partition, 3 shards', numPartitions: 1, shards: 3, silence: 'skip', native: false },
  { name: '4 partitions, 3 shards', numPartitions: 4, shards: 3, silence: 'run', native: false },
]
/** What a partition holds is what these show, so they are promised in Spark's own layout only. */
const SHOW_PARTITIONS = new Set(['glom', 'mapPartitions'])

/** Whether a vector's rows depend on how partitions are cut. */
export function showsPartitions({ pipeline }: Vector): boolean {
  return (pipeline ?? []).some((step) => SHOW_PARTITIONS.has(step.op))
}

/** Returns the layouts in which a vector must hold. */
export function layoutsOf(vector: Vector, seed: number): readonly Layout[] {
  const n = vector.inputPartitions ?? 1
  const own = { name: `Spark's ${n} partitions`, numPartitions: n, shards: n, silence: 'run', native: true } as const
  return (showsPartitions(vector) ? [own] : [...LAYOUTS, own]).map((layout, i) => ({ ...layout, seed: seed + i }))
}
