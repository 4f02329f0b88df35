import { type DStream, type Duration, defineJob, type Job, json, type Key, milliseconds, type RDD, type StreamingContext, text } from 'millrace'
import { INTERVAL_MS, type Program, values } from './operator.ts'
import { OPERATORS } from './operators.ts'
import { type Value } from './values.ts'

export const outputName = (i: number): string => `out${i}`
export const inputName = (i: number): string => `in${i}`

/** Makes the stream of an input. */
export type Kinesis = (ssc: StreamingContext, name: string, kind: 'json' | 'text') => DStream<Value>

const plainStream: Kinesis = (ssc, name, kind) => (kind === 'text' ? ssc.kinesisStream<Value>(name, text()) : values(ssc.kinesisStream(name, json())))

/** Returns a program as a job. `seen`: where foreachRDD writes down what it is given, under `<output> <time> <partition>`: a call may come again, with the same rows. */
export function buildJob(program: Program, seen: Map<string, readonly Value[]>, kinesis: Kinesis = plainStream): Job {
  return defineJob({ name: 'program', batchInterval: milliseconds(INTERVAL_MS) }, (ssc) => {
    const streams: DStream<Value>[] = []
    for (const [i, node] of program.nodes.entries()) {
      const input = program.inputs[Number(node.form)]
      if (node.op === 'input' && input !== undefined) {
        streams.push(input.kind === 'queue' ? ssc.queueStream(input.batches) : kinesis(ssc, inputName(Number(node.form)), input.kind))
        continue
      }
      const inBatches = (n: number | undefined): Duration => milliseconds((n ?? 1) * INTERVAL_MS)
      streams.push(
        OPERATORS[node.op]!.build({
          ssc,
          node,
          of: node.of.map((parent) => streams[parent]!),
          window: inBatches(node.window),
          slide: inBatches(node.slide),
          shuffle: node.partitions === undefined ? {} : { numPartitions: node.partitions },
          table: () => ssc.staticTable(`table${i}`, async () => node.table as readonly (readonly [Key, Value])[]),
        }),
      )
    }
    for (const [i, { node, kind }] of program.outputs.entries()) {
      const stream = streams[node]!
      if (kind === 'json') stream.saveAsJsonFiles(outputName(i))
      else if (kind === 'text') stream.saveAsTextFiles(outputName(i))
      else
        stream.foreachRDD((rdd: RDD<Value>, { time, partition }) => void seen.set(`${outputName(i)} ${time.milliseconds} ${partition}`, rdd.collect()), {
          perPartition: kind === 'foreachPartition',
        })
    }
  })
}
