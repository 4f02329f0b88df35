// Vectors about inputs: queueStream, folders of files, the Kinesis message handler, resharding, repeated kills.
import { defineJob, type DStream, milliseconds, type StreamingContext } from 'millrace'
import { buildGraph } from '../../lib/program/dstream-graph.ts'
import { recordCutter } from '../../lib/embedded/inputs/record-cutter.ts'
import type { FileSource } from '../../lib/dstream/node.ts'
import { selectFiles } from '../../lib/dstream/file-selection.ts'
import { runPlan } from '../plan/run-plan.ts'
import { compareBatch } from './compare.ts'
import { layoutsOf } from './layouts.ts'
import { runProgram, type Program, type ProgramRun } from './run-program.ts'
import type { Vector } from './vector.ts'

type Batches = readonly (readonly unknown[])[]
interface File {
  readonly path: string
  readonly modifiedMs: number
  readonly content: Uint8Array
}
const AS_SET = { ordered: false, valuesUnordered: false, approx: false }

/** Returns what is wrong with a queueStream: non-empty batches, one element of the queue each. */
export async function checkQueue(vector: Vector): Promise<string | undefined> {
  const queue = (vector.input as { readonly enqueueBeforeBatch: readonly (readonly unknown[])[] }).enqueueBeforeBatch
    .flat()
    .map((rdd) => (Array.isArray(rdd) ? (rdd as readonly unknown[]) : [rdd]))
  const job = defineJob({ name: 'queue', batchInterval: milliseconds(vector.batchIntervalMs ?? 1000) }, (ssc) => ssc.queueStream(queue).foreachRDD(() => {}))
  const run = await runPlan(job, {})
  return compareEach(
    run.outputs.map(({ text }) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown),
    ),
    vector.expected as Batches,
    true,
  )
}

function compareEach(actual: ProgramRun['outputs'][string], expected: Batches, ordered: boolean): string | undefined {
  const wrong = expected.map((batch, i) => compareBatch(actual[i], batch, { ...AS_SET, ordered })).find((found) => found !== undefined)
  return (
    wrong ??
    (actual.length > expected.length && actual.slice(expected.length).some((batch) => (batch?.length ?? 0) > 0) ? 'more output than expected' : undefined)
  )
}

/** Runs a stream over a folder: each batch takes the files that Spark's rule selects. */
async function runFolder(options: {
  readonly files: readonly File[]
  readonly times: readonly number[]
  readonly batchMs: number
  readonly createdMs: number
  readonly open: (ssc: StreamingContext) => DStream<unknown>
  readonly restartAfter?: readonly number[]
}): Promise<ProgramRun> {
  const { files, times, batchMs, createdMs, open } = options
  const probe = buildGraph(defineJob({ name: 'probe', batchInterval: milliseconds(batchMs) }, (ssc) => void open(ssc)))
  const source = probe.inputs[0]?.files as FileSource
  const stream = probe.inputs[0]?.stream ?? ''
  const taken = new Set<string>()
  const batches = times.map((time) => {
    const rule = { batchMs, createdMs, newFilesOnly: source.newFilesOnly, ...(source.filter === undefined ? {} : { filter: source.filter }) }
    const selected = selectFiles(
      files.map(({ path, modifiedMs }) => ({ path, modifiedMs })),
      rule,
      time,
      taken,
    )
    for (const { path } of selected) taken.add(path)
    return selected.flatMap(({ path }) => recordsOf(source, files.find((file) => file.path === path)?.content ?? new Uint8Array()))
  })
  const program: Program = {
    intervalMs: batchMs,
    batches: times.length,
    inputs: { [stream]: batches },
    streams: (ssc) => ({ out: open(ssc) }),
    encode: (row) => row as Uint8Array,
    build: (_ssc, streams) => streams,
    ...(options.restartAfter === undefined ? {} : { restartAfter: options.restartAfter }),
  }
  return runProgram(program, { name: 'folder', numPartitions: 1, shards: 1, seed: 1, silence: 'run', native: false })
}

/** Returns what is wrong with a stream over a folder whose files have names, contents and times. */
export async function checkFiles(vector: Vector): Promise<string | undefined> {
  const { newFilesOnly, clockAtCreationMs, batchTimesMs, filter } = vector.params as {
    readonly newFilesOnly: boolean
    readonly clockAtCreationMs: number
    readonly batchTimesMs: readonly number[]
    readonly filter: string
  }
  const files = (vector.input as readonly { readonly name: string; readonly mtimeMs: number; readonly content: string }[]).map((f) => ({
    path: f.name,
    modifiedMs: f.mtimeMs,
    content: Buffer.from(f.content),
  }))
  const open = (ssc: StreamingContext): DStream<unknown> =>
    ssc.textFileStream('folder', { newFilesOnly, ...(filter === 'accept all' ? { filter: () => true } : {}) })
  const run = await runFolder({ files, times: batchTimesMs, batchMs: vector.batchIntervalMs ?? 1000, createdMs: clockAtCreationMs, open })
  return compareEach(run.outputs['out'] ?? [], vector.expected as Batches, false)
}

/** Returns what is wrong with a stream over a folder where batch i + 1 sees file i. */
export async function checkFileContents(vector: Vector): Promise<string | undefined> {
  const batchMs = vector.batchIntervalMs ?? 1000
  const contents = (vector.input as readonly (readonly number[] | { readonly lines?: readonly string[]; readonly bytes?: readonly number[] })[]).map(
    (file): Uint8Array => {
      if ('lines' in file) return Buffer.from(`${file.lines?.join('\n')}\n`)
      return Uint8Array.from('bytes' in file ? (file.bytes ?? []) : (file as readonly number[]))
    },
  )
  const files = contents.map((content, i) => ({ path: `file${i}`, modifiedMs: (i + 1) * batchMs, content }))
  const length = Number(vector.params['recordLength'])
  const open = (ssc: StreamingContext): DStream<unknown> =>
    vector.operation === 'textFileStream' ? ssc.textFileStream('folder').map(Number) : ssc.binaryRecordsStream('folder', length).map((record) => [...record])
  const run = await runFolder({ files, times: files.map((_, i) => (i + 1) * batchMs), batchMs, createdMs: 0, open })
  // One record per file: the vector gives the record itself.
  const expected = (vector.expected as Batches).map((batch) => (length > 1 ? [batch] : batch))
  return compareEach(run.outputs['out'] ?? [], expected, true)
}

/** Returns what is wrong with globs over directories: only files directly in a selected directory are read, by their own times. */
export async function checkGlob(vector: Vector): Promise<string | undefined> {
  const batchMs = vector.batchIntervalMs ?? 1000
  const start = 10 * batchMs
  const input = vector.input as { readonly created?: readonly { readonly path: string; readonly content: string; readonly batch: number }[] }
  // What a runner lists for `<dir>/*/` or `streaming/sub*`: the direct files of the selected directories.
  const files: readonly File[] = input.created?.map(({ path, content, batch }) => ({
    path,
    content: Buffer.from(content),
    modifiedMs: start + batch * batchMs,
  })) ?? [
    { path: 'sub1/existing', content: Buffer.from('existing\n'), modifiedMs: start - batchMs },
    { path: 'sub1/renamed.txt', content: Buffer.from('renamed\n'), modifiedMs: start + batchMs },
  ]
  const times = Array.from({ length: 12 }, (_, i) => start + (i + 1) * batchMs)
  // The directory of the second scenario shows up only before batch 2: what batch 1 would have taken must still be taken.
  const visible = input.created === undefined ? times.slice(1) : times
  const run = await runFolder({ files, times: visible, batchMs, createdMs: start, open: (ssc) => ssc.textFileStream('streaming/sub*') })
  return compareBatch(
    run.outputs['out']?.flatMap((batch) => batch ?? []),
    (vector.expected as { readonly union: readonly unknown[] }).union,
    AS_SET,
  )
}

/** Returns what is wrong with windows over files when the process is killed between batches: every file counts, and no running sum is skipped. */
export async function checkFileRecovery(vector: Vector): Promise<string | undefined> {
  const { filesBeforeFailure, filesWhileDown, filesAfterRestart } = vector.input as Readonly<
    Record<'filesBeforeFailure' | 'filesWhileDown' | 'filesAfterRestart', readonly number[]>
  >
  const numbers = [...filesBeforeFailure, ...filesWhileDown, ...filesAfterRestart]
  const batchMs = 2000
  const files = numbers.map((n, i) => ({ path: `f${n}`, modifiedMs: (i + 1) * batchMs - batchMs / 2, content: Buffer.from(`${n}\n`) }))
  const open = (ssc: StreamingContext): DStream<unknown> =>
    ssc
      .textFileStream('folder')
      .map(Number)
      .reduceByWindow((a, b) => a + b, milliseconds(60_000), milliseconds(2000))
  const run = await runFolder({
    files,
    times: numbers.map((_, i) => (i + 1) * batchMs),
    batchMs,
    createdMs: 0,
    open,
    restartAfter: [filesBeforeFailure.length - 1, filesBeforeFailure.length + filesWhileDown.length],
  })
  const { allOutputsSet, outputBeforeFailureSeq } = vector.expected as Readonly<Record<'allOutputsSet' | 'outputBeforeFailureSeq', readonly unknown[]>>
  const sums = run.outputs['out']?.flatMap((batch) => batch ?? [])
  return (
    compareBatch(sums, allOutputsSet, AS_SET) ??
    compareBatch(sums?.slice(0, filesBeforeFailure.length - 1), outputBeforeFailureSeq, { ...AS_SET, ordered: true })
  )
}

/** Returns what is wrong with a decoder that does more than decode: Spark's message handler. */
export async function checkHandler(vector: Vector, seed: number): Promise<string | undefined> {
  const program: Program = {
    intervalMs: 1000,
    batches: 1,
    inputs: { numbers: [vector.input as readonly unknown[]] },
    streams: (ssc) => ({ out: ssc.kinesisStream('numbers', { decode: (data, { stream }) => Number(Buffer.from(data)) + (stream === 'numbers' ? 5 : 0) }) }),
    encode: (row) => Buffer.from(String(row)),
    build: (_ssc, streams) => streams,
  }
  for (const layout of layoutsOf(vector, seed)) {
    const run = await runProgram(program, layout)
    const wrong = compareBatch(run.outputs['out']?.[0], vector.expected as readonly unknown[], AS_SET)
    if (wrong !== undefined) return `${layout.name}: ${wrong}`
  }
  return undefined
}

/** Returns what is wrong when the number of shards changes while a stream is read. */
export async function checkReshard(vector: Vector): Promise<string | undefined> {
  const steps = vector.input as readonly { readonly put?: readonly number[]; readonly split?: number; readonly merge?: number }[]
  const puts = steps.flatMap((step) => (step.put === undefined ? [] : [step.put]))
  const shardsOf = puts.map(
    (_, i) =>
      1 +
      steps
        .slice(0, steps.indexOf(steps.filter((step) => step.put !== undefined)[i] ?? {}))
        .reduce((n, step) => n + Number(step.split !== undefined) - Number(step.merge !== undefined), 0),
  )
  const program: Program = {
    intervalMs: 1000,
    batches: puts.length,
    inputs: { s: puts },
    build: (_ssc, streams) => ({ out: streams['s'] as DStream<unknown> }),
    shardsOf,
  }
  const run = await runProgram(program, { name: 'resharded', numPartitions: 2, shards: 1, seed: 1, silence: 'skip', native: false })
  const shards = (vector.expected as readonly { readonly openShards?: number }[]).flatMap((step) => (step.openShards === undefined ? [] : [step.openShards]))
  if (shardsOf.slice(1).join() !== shards.join()) return `${shardsOf.slice(1).join()} open shards, expected ${shards.join()}`
  const collected = (vector.expected as readonly { readonly collected?: readonly number[] }[]).flatMap((step) =>
    step.collected === undefined ? [] : [step.collected],
  )
  const soFar = puts.map((_, i) => run.outputs['out']?.slice(0, i + 1).flatMap((batch) => batch ?? []))
  if (collected.length !== puts.length) return `${puts.length} puts, expected ${collected.length}`
  return collected.map((expected, i) => compareBatch(soFar[i], expected, AS_SET)).find((wrong) => wrong !== undefined)
}

/** Returns what is wrong when every process dies after every batch: here nothing is repeated, and no state shows a value between. */
export async function checkKills(vector: Vector, seed: number): Promise<string | undefined> {
  const input = vector.input as readonly (readonly string[])[]
  const stateful = vector.id.endsWith('state')
  const program: Program = {
    intervalMs: vector.batchIntervalMs ?? 1000,
    batches: input.length,
    inputs: { s: input },
    restartAfter: input.map((_, i) => i + 1),
    build: (_ssc, { s }) => {
      const words = s as DStream<string>
      return {
        out: stateful ? words.mapToPair((w) => [w, 1]).updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length) : words.map(Number),
      }
    },
  }
  const expected = vector.expected as {
    readonly distinctOutputSet?: readonly unknown[]
    readonly everyOutputIsIn?: readonly unknown[]
    readonly lastOutput?: readonly unknown[]
  }
  for (const layout of layoutsOf(vector, seed)) {
    const run = await runProgram(program, layout)
    const wrong = compareBatch(
      run.outputs['out']?.flatMap((batch) => batch ?? []),
      expected.everyOutputIsIn ?? expected.distinctOutputSet ?? [],
      AS_SET,
    )
    const last = expected.lastOutput === undefined ? undefined : compareBatch(run.outputs['out']?.at(-1), [expected.lastOutput], AS_SET)
    if (wrong !== undefined || last !== undefined) return `${layout.name}: ${wrong ?? last}`
  }
  return undefined
}

/** Returns what is wrong with word counts that go on over restarts: after file N every count is N. */
export async function checkWordState(vector: Vector): Promise<string | undefined> {
  const { eachFileLines, files, restartsAfterFile } = vector.input as {
    readonly eachFileLines: readonly string[]
    readonly files: number
    readonly restartsAfterFile: readonly number[]
  }
  const program: Program = {
    intervalMs: 1000,
    batches: files,
    inputs: { s: Array.from({ length: files }, () => eachFileLines) },
    restartAfter: restartsAfterFile,
    build: (_ssc, { s }) => ({
      out: (s as DStream<string>).mapToPair((w) => [w, 1]).updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length),
    }),
  }
  const run = await runProgram(program, { name: 'restarts', numPartitions: 2, shards: 1, seed: 1, silence: 'run', native: false })
  const { values } = vector.expected as { readonly values: readonly number[] }
  if (values.length !== files) return `${values.length} values for ${files} files`
  return values
    .map((n, i) =>
      compareBatch(
        run.outputs['out']?.[i],
        eachFileLines.map((line) => [line, n]),
        AS_SET,
      ),
    )
    .find((wrong) => wrong !== undefined)
}

function recordsOf(source: FileSource, content: Uint8Array): readonly Uint8Array[] {
  const cutter = recordCutter(source)
  return [...cutter.push(content), ...cutter.end()]
}
