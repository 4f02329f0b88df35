// This file is long because it is a table of all that a model promises.
// Streaming models as jobs: what they see, when, and what it costs. Spark's own cases are in test/vectors.
import { defineJob, type DStream, json, type Job, seconds, type StreamingContext } from 'millrace'
import {
  type KMeansModel,
  type LabeledPoint,
  loadModel,
  predictKMeans,
  StreamingKMeans,
  StreamingLinearRegressionWithSGD,
  StreamingLogisticRegressionWithSGD,
  type Vector,
} from 'millrace/ml'
import { runBatches, type Result } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import { encodeValue } from '../../lib/codec/rows.ts'
import { computeTask } from '../../lib/plan/compute-task.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { decodeChanges } from '../../lib/state/changes.ts'
import { PartitionState } from '../../lib/state/partition-state.ts'
import { runPlan } from '../plan/run-plan.ts'

const STORM = { numPartitions: 3, shards: 3, seed: 5, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.3, staleCache: 0.3 } } as const

function jobOf(build: (rows: DStream<never>, ssc: StreamingContext) => void): Job {
  return defineJob({ name: 'models', batchInterval: seconds(10) }, (ssc) => build(ssc.kinesisStream('rows', json()) as DStream<never>, ssc))
}
const rowsAt = (run: Result, prefix: string): readonly (readonly [number, unknown])[] =>
  run
    .json(prefix)
    .filter(({ rows }) => rows.length > 0)
    .flatMap(({ timeMs, rows }) => rows.map((row) => [timeMs / 10_000, row] as const))

/** The update rule in one dimension with one center, written down plainly: the batches one after the other, also the silent ones. */
function alone(batches: readonly (readonly number[])[], decay: number): readonly { readonly center: number; readonly weight: number }[] {
  let [center, weight, seen] = [0, 1, false]
  return batches.map((points) => {
    if (points.length > 0 || seen) weight *= decay
    if (points.length > 0) {
      seen = true
      weight += points.length
      const part = points.length / weight
      center = (1 - part) * center + (part / points.length) * points.reduce((sum, x) => sum + x, 0)
    }
    return { center, weight }
  })
}

/** Points, with silences of several lengths. */
const SILENCES: readonly (readonly number[])[] = [[1, 2], [], [3], [], [], [], [], [5, 5], ...Array.from({ length: 40 }, () => []), [7], [8]]

describe('a model', () => {
  it('is after a silence, bit for bit, what it would be had it been updated in every batch', async () => {
    const build = (points: DStream<Vector>): void => {
      const model = new StreamingKMeans({ k: 1, decayFactor: 0.9, uid: 'm' }).setInitialCenters([[0]], [1])
      model.trainOn(points)
      model.latestModel().saveAsJsonFiles('model')
    }
    const run = await runBatches(jobOf(build), { rows: SILENCES.map((batch) => batch.map((x) => [x])) })
    const plain = alone(SILENCES, 0.9)
    expect(rowsAt(run, 'model')).toEqual(
      SILENCES.flatMap((points, i) => (points.length === 0 ? [] : [[i + 1, { centers: [[plain[i]!.center]], weights: [plain[i]!.weight] }]])),
    )
  })

  it('forgets all in a silence without end, and ends doing so', async () => {
    const build = (points: DStream<Vector>): void => {
      const model = new StreamingKMeans({ k: 1, decayFactor: 0.5, uid: 'm' }).setInitialCenters([[0]], [1])
      model.trainOn(points)
      model.latestModel().saveAsJsonFiles('model')
    }
    const run = await runBatches(jobOf(build), { rows: [[[1]], ...Array.from({ length: 1200 }, () => []), [[2]]] })
    expect(rowsAt(run, 'model').at(-1)).toEqual([1202, { centers: [[2]], weights: [1] }])
  })

  it('lets the job rest, and is there for the state tools though nothing leaves it', async () => {
    const job = jobOf((points: DStream<Vector>, ssc) => {
      new StreamingKMeans({ k: 1, uid: 'm' }).setInitialCenters([[0]], [1]).trainOn(points)
      ssc.queueStream<number>([]).print()
    })
    const { nextDue } = await runPlan(job, { rows: [[[1]], []] }, { batches: 2 })
    expect(nextDue).toEqual([null, null])
    expect((await runBatches(job, { rows: [[[1]]] })).state('m').get('null')).toEqual([{ centers: [[0.5]], weights: [2] }, 10_000])
  })

  it('that is not read by any output but the last one of the program is trained all the same', async () => {
    const job = jobOf((points: DStream<Vector>) => {
      const model = new StreamingKMeans({ k: 1, uid: 'm' }).setInitialCenters([[0]], [0])
      model.trainOn(points)
      model.predictOn(points).count().saveAsJsonFiles('count')
    })
    const run = await runBatches(job, { rows: [[[3]], [[5]]] })
    expect((run.state('m').get('null') as [KMeansModel])[0].weights).toEqual([2])
    expect(run.foreachCalls).toBe(0)
  })

  it('predicts with what it is at that place of the program: before, between and after two trainings', async () => {
    const job = jobOf((rows: DStream<readonly [string, Vector]>) => {
      const [first, second] = ['a', 'b'].map((name) => rows.filter(([stream]) => stream === name).map(([, point]) => point))
      const points = rows.filter(([stream]) => stream === 'p').map(([, point]) => point)
      const model = new StreamingKMeans({ k: 2, uid: 'm' }).setInitialCenters([[0], [10]], [1, 1])
      model.predictOn(points).saveAsJsonFiles('before')
      model.trainOn(first!)
      model.predictOn(points).saveAsJsonFiles('between')
      model.trainOn(second!)
      model.predictOnValues(points.map((p) => [`p${p[0]}`, p] as const)).saveAsJsonFiles('after')
      model.latestModel().saveAsJsonFiles('model')
    })
    const batch = [
      ['a', [4]],
      ['p', [6]],
      ['b', [9]],
    ]
    for (const layout of [{ numPartitions: 1 }, STORM]) {
      const run = await runBatches(job, { rows: [batch, [['p', [5.5]]]] }, layout)
      // 4 moves the first center from 0 to 2, 9 the second from 10 to 9.5; as far from both is the first one's.
      expect(rowsAt(run, 'before')).toEqual([
        [1, 1],
        [2, 0],
      ])
      expect(rowsAt(run, 'between')).toEqual([
        [1, 0],
        [2, 0],
      ])
      expect(rowsAt(run, 'after')).toEqual([
        [1, ['p6', 1]],
        [2, ['p5.5', 0]],
      ])
      expect(rowsAt(run, 'model')).toEqual([[1, { centers: [[2], [9.5]], weights: [2, 2] }]])
    }
  })

  it('of each key is what it would be alone on its stream', async () => {
    const keys = ['ann', 'bob', 7, null] as const
    const batches = Array.from({ length: 30 }, (_, b) =>
      keys.flatMap((key, k) =>
        (b * (k + 2)) % 5 === 0
          ? [
              [key, [b + k]],
              [key, [b * k]],
            ]
          : [],
      ),
    )
    const job = jobOf((rows: DStream<readonly [string, Vector]>) => {
      const model = new StreamingKMeans({ k: 1, halfLife: 3, uid: 'm' }).setInitialCenters([[0]], [1])
      model.trainOnByKey(rows)
      model.predictOnByKey(rows).saveAsJsonFiles('said')
      model.latestModelByKey().saveAsJsonFiles('models')
    })
    for (const layout of [{ numPartitions: 1 }, STORM]) {
      const run = await runBatches(job, { rows: batches }, layout)
      const found = rowsAt(run, 'models') as readonly (readonly [number, readonly [string, KMeansModel]])[]
      for (const key of keys) {
        const plain = alone(
          batches.map((batch) => batch.filter(([of]) => of === key).map(([, point]) => (point as number[])[0]!)),
          Math.exp(Math.log(0.5) / 3),
        )
        const mine = found.filter(([, [of]]) => of === key)
        expect(mine.length).toBeGreaterThan(3)
        for (const [batch, [, model]] of mine) {
          expect(model.weights).toEqual([plain[batch - 1]!.weight])
          expect(model.centers[0]![0]).toBeCloseTo(plain[batch - 1]!.center, 10)
        }
      }
      expect(rowsAt(run, 'said')).toHaveLength(batches.flat().length)
    }
  })

  it('costs a batch the keys in it, not the models that exist', { timeout: 120_000 }, async () => {
    const job = jobOf((rows: DStream<readonly [string, Vector]>) => {
      const model = new StreamingKMeans({ k: 1, uid: 'm' }).setInitialCenters([[0]], [1])
      model.trainOnByKey(rows)
      model.predictOnByKey(rows).saveAsJsonFiles('said')
    })
    const plan = planJob(job)
    const [stage] = plan.stages
    const state = PartitionState.empty(plan)
    const run = (n: number, time: number) => {
      const rows = Array.from({ length: n }, (_, i) => [`key-${i * 9}`, [i]])
      const input = new Map(stage!.reads.map(({ uid }) => [uid, rows]))
      const draft = computeTask(plan, { stage: stage!.uid, partition: 0, time, previousTime: 0, input, skip: new Set() }, state, { get: () => undefined })
      state.apply(decodeChanges(draft.changes))
      return draft
    }
    expect(run(100_000, 10_000).changedKeys).toBe(100_000)
    const small = run(10, 20_000)
    expect(small.changedKeys).toBe(10)
    expect(small.changes.length).toBeLessThan(1000)
    expect(state.keys).toBe(100_000)
  })

  it('has for another k, dimension or kind another identity: its state is refused', () => {
    const keeps = (build: (rows: DStream<never>) => void): unknown => planJob(jobOf((rows) => build(rows))).keeps['m']
    const kMeans = (k: number, dim: number) => (rows: DStream<never>) => new StreamingKMeans({ k, uid: 'm' }).setRandomCenters(dim, 1, 1).trainOn(rows)
    const linear = (rows: DStream<never>): void => new StreamingLinearRegressionWithSGD({ uid: 'm' }).setInitialWeights([0, 0]).trainOn(rows)
    const logistic = (rows: DStream<never>): void => new StreamingLogisticRegressionWithSGD({ uid: 'm' }).setInitialWeights([0, 0]).trainOn(rows)
    const all = [kMeans(2, 2), kMeans(3, 2), kMeans(2, 3), linear, logistic].map(keeps)
    expect(new Set(all).size).toBe(5)
    expect(keeps(kMeans(2, 2))).toBe(all[0])
  })

  it('sends what it cannot take to the dead letters, and says why', async () => {
    const job = jobOf((rows: DStream<never>) => {
      const model = new StreamingLogisticRegressionWithSGD({ uid: 'm', stepSize: 1, numIterations: 1 }).setInitialWeights([0, 0])
      model.trainOn(rows)
      model.predictOn(rows.filter((row) => typeof row[0] !== 'number')).saveAsJsonFiles('said')
    })
    const run = await runBatches(job, {
      rows: [
        [
          [1, [1, 1]],
          [2, [1, 1]],
          [1, [1]],
          ['1', [1, 1]],
          [0, [1, null]],
          [1, [1, 1]],
        ],
      ],
    })
    // Both good rows: w = 0 - (sigmoid(0) - 1) x.
    expect((run.state('m').get('null') as unknown[])[0]).toEqual({ weights: [0.5, 0.5], intercept: 0 })
    expect(run.deadLetters.map(({ error }) => error.replace(/^\w+ \w+: /, ''))).toEqual([
      expect.stringContaining('got the label 2; a label is 0 or 1'),
      expect.stringContaining('got an array of 1; it takes vectors of 2 numbers, as its model has'),
      expect.stringContaining('got the string "1" as a label; a label is a finite number'),
      expect.stringContaining('got a vector with null at place 1; a vector is made of finite numbers'),
      expect.stringContaining('got a vector with the string "1" at place 0; a vector is made of finite numbers'),
    ])
  })

  it('is the same in a storm, and takes its samples by batch time', async () => {
    const batches = Array.from({ length: 6 }, (_, b) => Array.from({ length: 20 }, (_, i): LabeledPoint => [i % 2, [Math.sin(i * b), Math.cos(i + b)]]))
    const job = jobOf((rows: DStream<LabeledPoint>) => {
      const [half, whole] = [0.5, 1].map((miniBatchFraction) =>
        new StreamingLogisticRegressionWithSGD({ miniBatchFraction, uid: `m${miniBatchFraction * 10}` }).setInitialWeights([0, 0]),
      )
      half!.trainOn(rows)
      whole!.trainOn(rows)
    })
    const calm = await runBatches(job, { rows: batches })
    const again = await runBatches(job, { rows: batches }, { ...STORM, shards: 1 })
    expect([...again.state('m5')]).toEqual([...calm.state('m5')])
    expect(calm.state('m5').get('null')).not.toEqual(calm.state('m10').get('null'))
  })

  it('goes to another job by files', async () => {
    const train = jobOf((rows: DStream<readonly [string, Vector]>) => {
      const model = new StreamingKMeans({ k: 2, uid: 'm' }).setInitialCenters([[0], [10]], [1, 1])
      model.trainOnByKey(rows)
      model.snapshots().saveAsJsonFiles('models')
    })
    const run = await runBatches(
      train,
      {
        rows: [
          [
            ['a', [1]],
            ['a', [9]],
            ['b', [100]],
          ],
          [['b', [70]]],
        ],
      },
      { numPartitions: 2 },
    )
    const texts = [...run.files]
      .filter(([name]) => name.includes('/part-'))
      .sort()
      .map(([, bytes]) => Buffer.from(bytes).toString())
    const predict = jobOf((rows: DStream<readonly [string, Vector]>, ssc) => {
      const models = loadModel<KMeansModel, string>(ssc, 'models', async () => texts)
      rows
        .joinTable(models)
        .mapValues(([point, model]) => [predictKMeans(model, point), Math.round(model.centers[1]![0]! * 2) / 2])
        .saveAsJsonFiles('said')
    })
    const said = await runBatches(predict, {
      rows: [
        [
          ['a', [8]],
          ['a', [2]],
          ['b', [60]],
          ['c', [1]],
        ],
      ],
    })
    expect(said.json('said')[0]!.rows).toEqual([
      ['a', [0, 9.5]],
      ['a', [1, 9.5]],
      ['b', [1, 60]],
    ])
  })
})

it('a table of models that is none says so', async () => {
  const job = (text: string): Job =>
    jobOf((rows: DStream<readonly [string, Vector]>, ssc) => rows.joinTable(loadModel(ssc, 'models', async () => text) as never).print())
  await expect(runBatches(job('{"a":1}'), { rows: [[['a', 1]]] })).rejects.toThrow("loadModel 'models': line 1 is the string")
  await expect(runBatches(job('\n['), { rows: [[['a', 1]]] })).rejects.toThrow("loadModel 'models': line 2 is the string")
})

describe('a program', () => {
  const centered = (): StreamingKMeans => new StreamingKMeans().setRandomCenters(1, 1, 1)
  it.each<readonly [string, (rows: DStream<never>, ssc: StreamingContext) => unknown, string]>([
    ['without centers', (rows) => new StreamingKMeans().trainOn(rows), 'initial cluster centers must be set first: use what setInitialCenters'],
    [
      'that threw the result of a setter away',
      (rows) => {
        const model = new StreamingLinearRegressionWithSGD()
        model.setInitialWeights([1])
        return model.predictOn(rows)
      },
      'initial weights must be set first: use what setInitialWeights(weights) returns; this model itself does not change',
    ],
    ['with one center for k = 2', () => new StreamingKMeans({ k: 2 }).setInitialCenters([[1]], [1]), 'takes 2 centers and as many weights, k being 2'],
    ['with centers of two dimensions', () => new StreamingKMeans({ k: 2 }).setInitialCenters([[1], [1, 2]], [1, 1]), 'it must be an array of 1 finite numbers'],
    [
      'with a negative weight',
      () => new StreamingKMeans({ k: 1 }).setInitialCenters([[1]], [-1]),
      'the weight of a center is the number -1; it must be a number at least 0',
    ],
    ['with no seed', () => new StreamingKMeans().setRandomCenters(2, 1, undefined as never), 'setRandomCenters got undefined as its seed'],
    ['with k 0', () => new StreamingKMeans({ k: 0 }), 'k is the number 0; it must be a whole number at least 1'],
    ['with both decays', () => new StreamingKMeans({ halfLife: 1, decayFactor: 1 }), 'they say the same: give one'],
    ['with a unit of years', () => new StreamingKMeans({ timeUnit: 'years' as never }), "timeUnit is the string \"years\"; it must be 'batches' or 'points'"],
    ['with a step of NaN', () => new StreamingLogisticRegressionWithSGD({ stepSize: NaN }), 'stepSize is the number NaN; it must be a number more than 0'],
    [
      'with a model of both forms',
      (rows) => {
        const model = centered()
        model.trainOn(rows)
        return model.predictOnByKey(rows)
      },
      'this StreamingKMeans is one model already',
    ],
    [
      'with partitions for one model',
      (rows) => new StreamingKMeans({ numPartitions: 2 }).setRandomCenters(1, 1, 1).trainOn(rows),
      'one model is in one partition',
    ],
    [
      'with a model that is trained on itself',
      (rows) => {
        const model = centered()
        model.trainOn(model.predictOn(rows).map((n) => [n]))
      },
      'trainOn: its stream is made of what this StreamingKMeans puts out; a batch cannot go round in a circle',
    ],
    [
      'with streams that slide differently',
      (rows) => {
        const model = centered()
        model.trainOn(rows)
        return model.predictOn(rows.window(seconds(20), seconds(20)))
      },
      'its stream slides every 20000 ms, and the first one of this StreamingKMeans every 10000 ms',
    ],
    ['with a model of nothing', () => centered().latestModel(), 'latestModel: no stream flows into this StreamingKMeans yet'],
    ['with something else than a stream', () => centered().trainOn([[1]] as never), 'trainOn got an array of 1; it takes a DStream'],
  ])('%s does not start', (_name, build, message) => {
    expect(() => planJob(jobOf((rows, ssc) => (build(rows, ssc), rows.print())))).toThrow(message)
  })

  it('that adds to a model after it was built is refused', () => {
    const model = centered()
    let rows: DStream<never> | undefined
    planJob(
      jobOf((stream) => {
        rows = stream
        model.trainOn(stream)
      }),
    )
    expect(() => model.trainOn(rows!)).toThrow('adding new inputs, transformations, and output operations after starting')
  })

  it('with a model of another program is refused', () => {
    const model = centered()
    planJob(jobOf((rows) => model.trainOn(rows)))
    expect(() => planJob(jobOf((rows) => model.trainOn(rows)))).toThrow('trainOn: Some of the DStreams have different contexts')
  })
})

it('a state is plain values', () => expect(encodeValue([{ centers: [[1]], weights: [1] }, 1]).length).toBeGreaterThan(0))
