// millrace/sketch: approximate answers with bounded state.
export { bloomFilter, type BloomFilter } from './bloom-filter.ts'
export {
  countApproxDistinct,
  countApproxDistinctByKey,
  countApproxDistinctByKeyAndWindow,
  countApproxDistinctByWindow,
  type ApproxDistinctOptions,
} from './count-approx-distinct.ts'
export { countMinSketch, type CountMinSketch } from './count-min-sketch.ts'
export { ddSketch, type DdSketch } from './dd-sketch.ts'
export { hyperLogLog, type HyperLogLog } from './hyper-log-log.ts'
export { quantilesByKey, quantilesByKeyAndWindow, type QuantilesOptions } from './quantiles.ts'
export { sketchByKey, sketchByKeyAndWindow } from './sketch-by-key.ts'
export type { Sketch } from './sketch.ts'
export { spaceSaving, type HeavyHitter, type HeavyHitters, type SpaceSaving } from './space-saving.ts'
export { topK, topKByWindow, type TopKOptions } from './top-k.ts'
