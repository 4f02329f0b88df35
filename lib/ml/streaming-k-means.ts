import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { StreamingModel, type Learner, type ModelOptions } from './streaming-model.ts'
import { checkGiven, checkParameter, checkVector, type Vector } from './vectors.ts'
import { XORShiftRandom } from './xor-shift-random.ts'

/** Centers and how much each weighs. */
export interface KMeansModel {
  readonly centers: readonly Vector[]
  readonly weights: readonly number[]
}

export interface StreamingKMeansOptions extends ModelOptions {
  /** @default 2 */
  readonly k?: number
  /** What is left of all weights after one unit of time: 1 forgets nothing, 0 everything. @default 1 */
  readonly decayFactor?: number
  /** In place of decayFactor: after so many units a weight is halved. */
  readonly halfLife?: number
  /** @default 'batches' */
  readonly timeUnit?: 'batches' | 'points'
}

const KIND = 'StreamingKMeans'

/**
 * Spark's StreamingKMeans: in each batch every point goes to the nearest center (the first of equal ones), all weights decay, and a center moves to
 * (c n a + sum of its points) / (n a + how many). A cluster that weighs less than 1e-8 of the heaviest is given up, and the heaviest split.
 * @example
 * const model = new StreamingKMeans({ k: 2, decayFactor: 0.9, uid: 'clusters' }).setInitialCenters([[0, 0], [9, 9]], [1, 1])
 * model.trainOn(points)
 * model.predictOn(points).print() // the number of the nearest center
 */
export class StreamingKMeans extends StreamingModel<KMeansModel, Vector, Vector, number> {
  readonly #options: StreamingKMeansOptions
  readonly #initial: KMeansModel | undefined
  readonly #k: number
  readonly #decayFactor: number

  /** `initial` is what setInitialCenters and setRandomCenters give. */
  constructor(options: StreamingKMeansOptions = {}, initial?: KMeansModel) {
    super(options)
    const { k = 2, decayFactor, halfLife, timeUnit = 'batches' } = options
    checkParameter(KIND, 'k', k, { from: 1, whole: true })
    if (decayFactor !== undefined) checkParameter(KIND, 'decayFactor', decayFactor, { from: 0 })
    if (halfLife !== undefined) checkParameter(KIND, 'halfLife', halfLife, { above: 0 })
    if (decayFactor !== undefined && halfLife !== undefined)
      throw new MillraceError('BAD_PROGRAM', `${KIND}: it got decayFactor ${decayFactor} and halfLife ${halfLife}; they say the same: give one`)
    if (timeUnit !== 'batches' && timeUnit !== 'points')
      throw new MillraceError('BAD_PROGRAM', `${KIND}: timeUnit is ${describeValue(timeUnit)}; it must be 'batches' or 'points'`)
    this.#options = options
    this.#initial = initial
    this.#k = k
    this.#decayFactor = decayFactor ?? (halfLife === undefined ? 1 : Math.exp(Math.log(0.5) / halfLife))
  }

  /** Returns this model with these centers to begin with: k of them, each with a weight of at least 0. */
  setInitialCenters(centers: readonly Vector[], weights: readonly number[]): StreamingKMeans {
    const rule = `${KIND}: setInitialCenters takes ${this.#k} centers and as many weights, k being ${this.#k}`
    if (!Array.isArray(centers) || centers.length !== this.#k || !Array.isArray(weights) || weights.length !== this.#k)
      throw new MillraceError('BAD_PROGRAM', `${rule}; it got ${describeValue(centers)} and ${describeValue(weights)}`)
    for (const center of centers as readonly Vector[]) checkGiven(center, (centers as readonly Vector[])[0]?.length, `${KIND}: setInitialCenters, a center`)
    for (const weight of weights) checkParameter(KIND, 'the weight of a center', weight, { from: 0 })
    return new StreamingKMeans(this.#options, { centers, weights })
  }

  /** Returns this model with k centers drawn from N(0, 1): Spark's numbers for this seed, bit for bit. */
  setRandomCenters(dim: number, weight: number, seed: number | bigint): StreamingKMeans {
    checkParameter(KIND, 'setRandomCenters: dim', dim, { from: 1, whole: true })
    checkParameter(KIND, 'setRandomCenters: weight', weight, { from: 0 })
    if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${KIND}: setRandomCenters got ${describeValue(seed)} as its seed; it takes a whole number: results must be the same when they are computed again`,
      )
    const random = new XORShiftRandom(seed)
    const centers = Array.from({ length: this.#k }, () => Array.from({ length: dim }, () => random.nextGaussian()))
    return new StreamingKMeans(this.#options, { centers, weights: centers.map(() => weight) })
  }

  protected override learner(): Learner<KMeansModel, Vector, Vector, number> {
    const initial = this.#initial
    if (initial === undefined)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${KIND}: initial cluster centers must be set first: use what setInitialCenters(centers, weights) or setRandomCenters(dim, weight, seed) returns; this model itself does not change`,
      )
    const dimension = initial.centers[0]?.length ?? 0
    const asVector = (row: unknown): Vector => {
      checkVector(row, dimension, KIND)
      return row
    }
    const byPoints = this.#options.timeUnit === 'points'
    const decayFactor = this.#decayFactor
    return {
      kind: KIND,
      keeps: { model: KIND, k: this.#k, dimension },
      initial,
      asTraining: asVector,
      asPoint: asVector,
      predict: predictKMeans,
      train: (model, points, { silent }) => {
        const rested = byPoints ? model : { ...model, weights: decayed(model.weights, decayFactor, silent) }
        return updated(rested, points, byPoints ? decayFactor ** points.length : decayFactor)
      },
    }
  }
}

/** Returns the number of the nearest center by squared distance, the first of equal ones. */
export function predictKMeans({ centers }: KMeansModel, point: Vector): number {
  let best = 0
  let least = Infinity
  centers.forEach((center, i) => {
    let distance = 0
    for (let j = 0; j < center.length; j++) distance += ((center[j] as number) - (point[j] as number)) ** 2
    if (distance < least) {
      least = distance
      best = i
    }
  })
  return best
}

/** Returns the weights after batches without points: multiplied one by one, as in a job that never slept, until nothing changes any more. */
function decayed(weights: readonly number[], factor: number, batches: number): readonly number[] {
  let now = weights
  for (let i = 0; i < batches; i++) {
    const next = now.map((weight) => weight * factor)
    if (next.every((weight, j) => weight === now[j])) break
    now = next
  }
  return now
}

function updated(model: KMeansModel, points: readonly Vector[], discount: number): KMeansModel {
  const sums = model.centers.map((center) => center.map(() => 0))
  const counts = model.centers.map(() => 0)
  for (const point of points) {
    const cluster = predictKMeans(model, point)
    counts[cluster] = (counts[cluster] as number) + 1
    const sum = sums[cluster] as number[]
    for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] as number) + (point[j] as number)
  }
  const weights = model.weights.map((weight, i) => weight * discount + (counts[i] as number))
  const centers = model.centers.map((center, i) => {
    const count = counts[i] as number
    if (count === 0) return [...center]
    const lambda = count / Math.max(weights[i] as number, 1e-16)
    return center.map((x, j) => (1 - lambda) * x + (lambda / count) * ((sums[i] as number[])[j] as number))
  })
  return splitDying(centers, weights)
}

/** Where the lightest cluster weighs next to nothing, both ends of a split of the heaviest take its place. */
function splitDying(centers: readonly Vector[], weights: readonly number[]): KMeansModel {
  const [most, least] = [Math.max(...weights), Math.min(...weights)]
  if (least >= 1e-8 * most) return { centers, weights }
  const [largest, smallest] = [weights.indexOf(most), weights.indexOf(least)]
  const by = (x: number): number => 1e-14 * Math.max(Math.abs(x), 1)
  const center = centers[largest] as Vector
  return {
    centers: centers
      .with(
        largest,
        center.map((x) => x + by(x)),
      )
      .with(
        smallest,
        center.map((x) => x - by(x)),
      ),
    weights: weights.with(largest, (most + least) / 2).with(smallest, (most + least) / 2),
  }
}
