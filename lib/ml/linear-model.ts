import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { checkPair } from '../dstream/check-pair.ts'
import { descend, type DescentOptions, type LabeledPoint } from './gradient-descent.ts'
import { StreamingModel, type Learner, type ModelOptions } from './streaming-model.ts'
import { checkGiven, checkParameter, checkVector, type Vector } from './vectors.ts'

/** Weights, one for each feature. The intercept is never learned, as in Spark: append a feature that is always 1. */
export interface LinearModel {
  readonly weights: Vector
  readonly intercept: number
}

export interface SgdOptions extends ModelOptions {
  /** @default 0.1 */
  readonly stepSize?: number
  /** @default 50 */
  readonly numIterations?: number
  /** The fraction of a batch that each step looks at. @default 1 */
  readonly miniBatchFraction?: number
  /** @default 0 */
  readonly regParam?: number
  /** @default 0.001 */
  readonly convergenceTol?: number
}

/** What makes a kind of linear model. */
export interface LinearKind extends Pick<DescentOptions, 'residual' | 'shrinks'> {
  readonly kind: string
  /** Throws BAD_VALUE for a label that there is not. */
  readonly checkLabel: (label: number) => void
  readonly predict: (model: LinearModel, features: Vector) => number
}

/** What both streaming linear models are. */
export abstract class StreamingLinearModel extends StreamingModel<LinearModel, LabeledPoint, Vector, number> {
  readonly #kind: LinearKind
  readonly #options: SgdOptions
  readonly #initial: LinearModel | undefined

  constructor(kind: LinearKind, options: SgdOptions, initialWeights: Vector | undefined) {
    super(options)
    const { stepSize = 0.1, numIterations = 50, miniBatchFraction = 1, regParam = 0, convergenceTol = 0.001 } = options
    checkParameter(kind.kind, 'stepSize', stepSize, { above: 0 })
    checkParameter(kind.kind, 'numIterations', numIterations, { from: 0, to: 100_000, whole: true })
    checkParameter(kind.kind, 'miniBatchFraction', miniBatchFraction, { above: 0, to: 1 })
    checkParameter(kind.kind, 'regParam', regParam, { from: 0 })
    checkParameter(kind.kind, 'convergenceTol', convergenceTol, { from: 0, to: 1 })
    if (initialWeights !== undefined) checkGiven(initialWeights, undefined, `${kind.kind}: setInitialWeights`)
    this.#kind = kind
    this.#options = options
    this.#initial = initialWeights === undefined ? undefined : { weights: initialWeights, intercept: 0 }
  }

  protected override learner(): Learner<LinearModel, LabeledPoint, Vector, number> {
    const { kind, checkLabel, predict, residual, shrinks } = this.#kind
    const initial = this.#initial
    if (initial === undefined)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${kind}: initial weights must be set first: use what setInitialWeights(weights) returns; this model itself does not change`,
      )
    const dimension = initial.weights.length
    const { stepSize = 0.1, numIterations = 50, miniBatchFraction = 1, regParam = 0, convergenceTol = 0.001 } = this.#options
    return {
      kind,
      keeps: { model: kind, dimension },
      initial,
      asTraining: (row) => {
        checkPair(row, kind)
        const [label, features] = row
        if (typeof label !== 'number' || !Number.isFinite(label))
          throw new MillraceError('BAD_VALUE', `${kind} got ${describeValue(label)} as a label; a label is a finite number`)
        checkLabel(label)
        checkVector(features, dimension, kind)
        return [label, features]
      },
      asPoint: (row) => {
        checkVector(row, dimension, kind)
        return row
      },
      predict,
      train: ({ weights, intercept }, rows, { timeMs }) => ({
        weights: descend(weights, rows, { stepSize, numIterations, miniBatchFraction, regParam, convergenceTol, residual, shrinks }, timeMs),
        intercept,
      }),
    }
  }
}
