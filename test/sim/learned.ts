// A program of millrace/sketch, millrace/ml and millrace/graph. What it means is in folds-learned.ts.
import { defineJob, type DStream } from '../../lib/index.ts'
import { connectedComponents, graphOf } from '../../lib/graph/index.ts'
import { StreamingKMeans } from '../../lib/ml/index.ts'
import { countMinSketch, sketchByKeyAndWindow, topKByWindow } from '../../lib/sketch/index.ts'
import { foldLearned } from './folds-learned.ts'
import type { Rec } from './folds.ts'
import { recsOf, timesOf, type Program } from './program.ts'

/** Every record is an edge between its key and the remainder of its number. */
const edgeOf = ({ key, n }: Rec): readonly [string, string] => [key, `n${n % 4}`]

/** A model for each key, components over all time and of a window, heavy hitters and a count-min sketch of a window. None is so full that it is not exact. */
export function learned(partitions: number, intervalMs: number): Program {
  const { interval, slide, window } = timesOf(intervalMs)
  return {
    streams: ['a'],
    always: ['ids', 'models', 'people', 'merged', 'graph', 'top', 'often'],
    restless: false,
    job: (_version, effect) =>
      defineJob({ name: 'learned', batchInterval: interval, numPartitions: partitions }, (ssc) => {
        const [recs] = recsOf(ssc, 'a') as [DStream<Rec>]
        const model = new StreamingKMeans({ k: 1, decayFactor: 0.5, uid: 'model' }).setInitialCenters([[0]], [1])
        model.trainOnByKey(recs.mapToPair(({ key, n }) => [key, [n]]))
        const models = model.latestModelByKey()
        models.map(([key, { centers, weights }]) => [key, centers[0]?.[0], weights[0]]).saveAsJsonFiles('models')
        const people = connectedComponents(recs.map(edgeOf), { uid: 'people' })
        people.vertices.saveAsJsonFiles('people')
        people.merged.saveAsJsonFiles('merged')
        graphOf(recs.map(edgeOf).window(window, slide, { uid: 'edges' }), (graph) => graph.connectedComponents().vertices).saveAsJsonFiles('graph')
        topKByWindow(
          recs.map(({ key }) => key),
          2,
          window,
          slide,
          { uid: 'top', capacity: 100 },
        ).saveAsJsonFiles('top')
        const counts = countMinSketch({ eps: 0.01, confidence: 0.9, seed: 1 })
        sketchByKeyAndWindow(
          recs.mapToPair(({ key, n }) => [key, n]),
          counts,
          window,
          slide,
          { uid: 'often' },
        )
          .mapValues((sketch) => [counts.totalCount(sketch), counts.estimateCount(sketch, 3)])
          .saveAsJsonFiles('often')
        recs.foreachRDD((rdd, batch) => effect(batch.id, rdd.map(({ id }) => id).collect()), { uid: 'effect' })
      }),
    expected: foldLearned,
  }
}
