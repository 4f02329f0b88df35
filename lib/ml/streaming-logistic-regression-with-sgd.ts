import { MillraceError } from '../values/errors.ts'
import { StreamingLinearModel, type LinearKind, type LinearModel, type SgdOptions } from './linear-model.ts'
import { dot, type Vector } from './vectors.ts'

const LOGISTIC: LinearKind = {
  kind: 'StreamingLogisticRegressionWithSGD',
  checkLabel: (label) => {
    if (label !== 0 && label !== 1) throw new MillraceError('BAD_VALUE', `StreamingLogisticRegressionWithSGD got the label ${label}; a label is 0 or 1`)
  },
  residual: (margin, label) => sigmoid(margin) - label,
  shrinks: true,
  predict: predictLogistic,
}

/**
 * Spark's StreamingLogisticRegressionWithSGD: gradient descent over each batch, from where the batch before ended, with L2 regularisation. Labels are 0 and 1.
 * @example
 * const model = new StreamingLogisticRegressionWithSGD({ stepSize: 0.5, uid: 'fraud' }).setInitialWeights([0, 0])
 * model.trainOn(rows.map(({ fraud, amount }) => [fraud ? 1 : 0, [amount, 1]] as const))
 */
export class StreamingLogisticRegressionWithSGD extends StreamingLinearModel {
  readonly #options: SgdOptions

  constructor(options: SgdOptions = {}, initialWeights?: Vector) {
    super(LOGISTIC, options, initialWeights)
    this.#options = options
  }

  /** Returns this model with these weights to begin with, one for each feature. */
  setInitialWeights(weights: Vector): StreamingLogisticRegressionWithSGD {
    return new StreamingLogisticRegressionWithSGD(this.#options, weights)
  }
}

/** Returns 1 where the probability of 1 is more than a half, else 0. */
export function predictLogistic({ weights, intercept }: LinearModel, features: Vector): number {
  return sigmoid(dot(weights, features) + intercept) > 0.5 ? 1 : 0
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
