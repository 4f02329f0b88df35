import { sampler } from './sampler.ts'
import { dot, type Vector } from './vectors.ts'

/** A row to learn from: Spark's LabeledPoint. */
export type LabeledPoint = readonly [label: number, features: Vector]

export interface DescentOptions {
  readonly stepSize: number
  readonly numIterations: number
  readonly miniBatchFraction: number
  readonly regParam: number
  readonly convergenceTol: number
  /** How far the prediction is from the label, in the direction of the gradient. */
  readonly residual: (margin: number, label: number) => number
  /** Whether weights shrink by regParam (SquaredL2Updater); else it is not looked at (SimpleUpdater). */
  readonly shrinks: boolean
}

/**
 * Returns the weights after Spark's GradientDescent.runMiniBatchSGD over one batch, from the current weights on: in step i of numIterations a mean gradient g over a sample, w := (1 - s regParam) w - s g with
 * s = stepSize / sqrt(i). From the second update on it ends when ||w_i - w_(i-1)|| < convergenceTol max(||w_i||, 1).
 */
export function descend(initial: Vector, rows: readonly LabeledPoint[], options: DescentOptions, timeMs: number): Vector {
  const { stepSize, numIterations, miniBatchFraction, regParam, convergenceTol, residual, shrinks } = options
  let weights = initial
  let before: Vector | undefined
  for (let i = 1; i <= numIterations; i++) {
    const isIn = sampler(miniBatchFraction, 42 + i, timeMs)
    const gradient = initial.map(() => 0)
    let size = 0
    for (const [label, features] of rows) {
      if (!isIn()) continue
      size++
      const by = residual(dot(weights, features), label)
      for (let j = 0; j < gradient.length; j++) gradient[j] = (gradient[j] as number) + by * (features[j] as number)
    }
    if (size === 0) continue
    const step = stepSize / Math.sqrt(i)
    const shrink = shrinks ? 1 - step * regParam : 1
    weights = weights.map((w, j) => w * shrink - step * ((gradient[j] as number) / size))
    if (before !== undefined && distance(before, weights) < convergenceTol * Math.max(Math.sqrt(dot(weights, weights)), 1)) break
    before = weights
  }
  return weights
}

function distance(a: Vector, b: Vector): number {
  return Math.sqrt(a.reduce((sum, x, j) => sum + (x - (b[j] as number)) ** 2, 0))
}
