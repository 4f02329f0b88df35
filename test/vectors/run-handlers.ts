// Runs a program through the real handlers, protocol and logs (millrace/testing), with faults.
import { defineJob, type DStream, milliseconds } from 'millrace'
import { runBatches, type Faults } from 'millrace/testing'
import { HANDLER_SCALE, scale } from './build-pipeline.ts'
import type { Program, ProgramRun } from './run-program.ts'

export interface HandlerRun {
  readonly name: string
  readonly numPartitions: number
  readonly shards: number
  readonly faults: Faults
}

export const HANDLER_RUNS: readonly HandlerRun[] = [
  { name: 'handlers, 1 partition, 1 shard', numPartitions: 1, shards: 1, faults: {} },
  {
    name: 'handlers, 4 partitions, 3 shards, faults',
    numPartitions: 4,
    shards: 3,
    faults: { duplicateDelivery: 0.3, timeoutAfterCommit: 0.2, staleCache: 0.4 },
  },
]

/** Returns what the program puts out. Batches before the first record do not run; what a silence leaves out is null. */
export async function runThroughHandlers(program: Program, { numPartitions, shards, faults }: HandlerRun, seed: number): Promise<ProgramRun> {
  const names = Object.keys(program.inputs)
  const watched: string[] = []
  const decoder = { decode: (data: Uint8Array): unknown => JSON.parse(Buffer.from(data).toString()) as unknown }
  const job = defineJob({ name: 'vector', batchInterval: milliseconds(program.intervalMs * HANDLER_SCALE) }, (ssc) => {
    scale(ssc)
    const streams: Readonly<Record<string, DStream<unknown>>> = Object.fromEntries(names.map((name) => [name, ssc.kinesisStream(name, decoder)]))
    for (const [name, stream] of Object.entries(program.build(ssc, streams))) {
      watched.push(name)
      stream.saveAsJsonFiles(name)
    }
  })
  const at = (i: number, name: string): readonly string[] => (program.inputs[name]?.[i] ?? []).map((row) => JSON.stringify(row))
  const batches = Object.fromEntries(names.map((name) => [name, Array.from({ length: program.batches }, (_, i) => at(i, name))]))
  const run = await runBatches(job, batches, { numPartitions, shards, seed, faults })
  const outputs = Object.fromEntries(
    watched.map((name) => {
      const byTime = new Map(run.json(name).map(({ timeMs, rows }) => [timeMs, rows]))
      return [name, Array.from({ length: program.batches }, (_, i) => byTime.get((i + 1) * program.intervalMs * HANDLER_SCALE) ?? null)]
    }),
  )
  const deadLetters = run.deadLetters.map(({ operator, error }) => ({ operator, time: 0, error: { name: '', message: error, stack: '' } }))
  return { outputs, partitions: {}, deadLetters, error: undefined, silence: true }
}
