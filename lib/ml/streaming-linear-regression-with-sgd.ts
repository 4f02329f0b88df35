import { StreamingLinearModel, type LinearKind, type LinearModel, type SgdOptions } from './linear-model.ts'
import { dot, type Vector } from './vectors.ts'

const LINEAR: LinearKind = {
  kind: 'StreamingLinearRegressionWithSGD',
  checkLabel: () => {},
  residual: (margin, label) => margin - label,
  shrinks: false,
  predict: predictLinear,
}

/**
 * Spark's StreamingLinearRegressionWithSGD: least squares by gradient descent over each batch, from where the batch before ended. regParam is not looked at (Spark's SimpleUpdater).
 * @example
 * const model = new StreamingLinearRegressionWithSGD({ stepSize: 0.5, uid: 'price' }).setInitialWeights([0, 0])
 * model.trainOn(rows.map(({ price, size }) => [price, [size, 1]] as const))
 */
export class StreamingLinearRegressionWithSGD extends StreamingLinearModel {
  readonly #options: SgdOptions

  constructor(options: SgdOptions = {}, initialWeights?: Vector) {
    super(LINEAR, options, initialWeights)
    this.#options = options
  }

  /** Returns this model with these weights to begin with, one for each feature. */
  setInitialWeights(weights: Vector): StreamingLinearRegressionWithSGD {
    return new StreamingLinearRegressionWithSGD(this.#options, weights)
  }
}

/** Returns the sum of the features by their weights. */
export function predictLinear({ weights, intercept }: LinearModel, features: Vector): number {
  return dot(weights, features) + intercept
}
