// Vectors about pipelines of operators: kinds dstream, dstreamMulti, mapWithState, recovery and quirk.
import type { DStream, Key, PairDStream } from 'millrace'
import { buildPipeline, mapWithState } from './build-pipeline.ts'
import { compareBatch } from './compare.ts'
import { layoutsOf, showsPartitions } from './layouts.ts'
import { HANDLER_RUNS, runThroughHandlers } from './run-handlers.ts'
import { runProgram, type Program, type ProgramRun } from './run-program.ts'
import type { Layout, Step, Vector } from './vector.ts'

type Batches = readonly (readonly unknown[])[]
type Check = (run: ProgramRun, layout: Layout) => string | undefined

/** Returns what is wrong, with the layout in which it is; undefined when the vector holds in all. */
export async function checkPipeline(vector: Vector, seed: number): Promise<string | undefined> {
  const { program, check } = caseOf(vector)
  for (const layout of layoutsOf(vector, seed)) {
    const wrong = check(await runProgram(program, layout), layout)
    if (wrong !== undefined) return `${layout.name}, seed ${layout.seed}: ${wrong}`
  }
  if (!throughHandlers(vector)) return undefined
  for (const handlers of HANDLER_RUNS) {
    const layout = { name: handlers.name, numPartitions: handlers.numPartitions, shards: 0, seed, silence: 'skip', native: false } as const
    const wrong = check(present(program, await runThroughHandlers(program, handlers, seed)), layout)
    if (wrong !== undefined) return `${handlers.name}, seed ${seed}: ${wrong}`
  }
  return undefined
}

/** Not: vectors about partitions, and about failures, which stop the stream there. */
function throughHandlers(vector: Vector): boolean {
  return !showsPartitions(vector) && !(typeof vector.expected === 'object' && vector.expected !== null && 'error' in vector.expected)
}

/** Puts in what a silence leaves out: nothing, or before the first record whatever Spark would show. */
function present(program: Program, run: ProgramRun): ProgramRun {
  const first = Math.min(
    ...Object.values(program.inputs)
      .map((batches) => batches.findIndex((rows) => rows.length > 0))
      .filter((i) => i >= 0),
  )
  const filled = Object.entries(run.outputs).map(([name, batches]) => [name, batches.map((rows, i) => rows ?? (i < first ? undefined : []))] as const)
  return { ...run, outputs: Object.fromEntries(filled) }
}

function caseOf(vector: Vector): { readonly program: Program; readonly check: Check } {
  if (vector.kind === 'dstreamMulti') return severalPipelines(vector, vector.expected as Readonly<Record<string, Batches>>)
  if (vector.kind === 'quirk') return severalPipelines(vector, definitions(vector.expected as Readonly<Record<string, Batches>>))
  if (vector.kind === 'mapWithState') return stateful(vector)
  if (vector.id === 'java.foreachRDD') return calls(vector)
  const restart = vector.kind === 'recovery' ? { restartAfter: [Number(vector.params['beforeRestart'])] } : {}
  return {
    program: { ...programOf(vector, (ssc, streams) => ({ out: buildPipeline(ssc, streams, startOf(vector), snapshotsOf(vector)) })), ...restart },
    check: (run, layout) => checkOutputs(vector, run, layout),
  }
}

function startOf(vector: Vector): string {
  return Array.isArray(vector.input) ? 's' : 's1'
}

/** A recovery vector whose output is the snapshots of its mapWithState. */
function snapshotsOf({ pipeline }: Vector): readonly Step[] {
  return (pipeline ?? []).map((step): Step => (step['snapshots'] === true ? { ...step, op: 'stateSnapshots' } : step))
}

function programOf(vector: Vector, build: Program['build']): Program {
  const inputs = (Array.isArray(vector.input) ? { s: vector.input } : vector.input) as Readonly<Record<string, readonly (readonly unknown[] | null)[]>>
  const given = Object.fromEntries(Object.entries(inputs).map(([name, batches]) => [name, batches.map((batch) => batch ?? [])]))
  const outputs = Array.isArray(vector.expected) ? vector.expected.length : 0
  return {
    intervalMs: vector.batchIntervalMs ?? 1000,
    inputs: given,
    build,
    batches: vector.numBatches ?? Math.max(outputs, ...Object.values(given).map((batches) => batches.length)),
  }
}

function checkOutputs(vector: Vector, run: ProgramRun, layout: Layout): string | undefined {
  const options = {
    ordered: (vector.compare === 'list' && layout.numPartitions === 1 && layout.shards === 1) || (layout.native && vector.compare === 'list'),
    valuesUnordered: vector.valueCompare !== undefined,
    approx: vector.compare === 'approx',
  }
  const outputs = run.outputs['out'] ?? []
  const expected = vector.expected as Batches | { readonly error: string; readonly atBatch: number }
  if (!Array.isArray(expected)) {
    const failure = expected as { readonly error: string; readonly atBatch: number }
    const before = (vector.expectedBeforeError ?? []).map((batch, i) => compareBatch(outputs[i], batch, options)).find((wrong) => wrong !== undefined)
    if (before !== undefined) return before
    return run.error?.batch === failure.atBatch
      ? undefined
      : `it ${run.error === undefined ? 'did not fail' : `failed at batch ${run.error.batch}`}, expected to at batch ${failure.atBatch}`
  }
  if (run.error !== undefined) return `batch ${run.error.batch} failed: ${run.error.message}`
  const told = (vector as { readonly expectedErrorContains?: string }).expectedErrorContains
  if (told !== undefined && !run.deadLetters.some(({ error }) => error.message.includes(told))) return `no dead letter says '${told}'`
  if (told === undefined && run.deadLetters.length > 0) return `a record went to the dead letters: ${run.deadLetters[0]?.error.message}`
  const partitions = vector.expectedPartitionsPerBatch?.[0]
  if (partitions !== undefined && !run.silence && run.partitions['out'] !== partitions) return `${run.partitions['out']} partitions, expected ${partitions}`
  return compareAll(pick(vector, outputs), expected, options) ?? surplus(vector, outputs, expected.length)
}

/** Returns which output there should not be: after the last one, or at a batch that is no slide. */
function surplus(vector: Vector, outputs: ProgramRun['outputs'][string], expected: number): string | undefined {
  const more = pick(vector, outputs).findIndex((batch, i) => i >= expected && (batch?.length ?? 0) > 0)
  if (more !== -1) return `an output ${more + 1}, expected ${expected}`
  const between =
    vector.outputAtBatch === undefined ? -1 : outputs.findIndex((batch, i) => vector.outputAtBatch?.includes(i + 1) === false && (batch?.length ?? 0) > 0)
  return between === -1 ? undefined : `an output at batch ${between + 1}, expected none`
}

function pick(vector: Vector, outputs: ProgramRun['outputs'][string]): ProgramRun['outputs'][string] {
  if (vector.collect === 'nonEmpty') return outputs.filter((batch) => batch !== null && batch !== undefined && batch.length > 0)
  return vector.outputAtBatch === undefined ? outputs : vector.outputAtBatch.map((batch) => outputs[batch - 1])
}

function compareAll(actual: ProgramRun['outputs'][string], expected: Batches, options: Parameters<typeof compareBatch>[2]): string | undefined {
  for (const [i, batch] of expected.entries()) {
    // Before the first record nothing runs, where Spark's counts show 0.
    const wrong = actual[i] === undefined && i in actual ? undefined : compareBatch(actual[i], batch, options)
    if (wrong !== undefined) return `output ${i + 1}: ${wrong}`
  }
  return undefined
}

/** What the name of a pipeline in these vectors stands for. */
const NAMED: Readonly<Record<string, readonly Step[]>> = {
  'window(2).count': [{ op: 'window', windowSec: 2, slideSec: 1 }, { op: 'count' }],
  'countByWindow(2,1)': [{ op: 'countByWindow', windowSec: 2, slideSec: 1 }],
  'reduceByWindow(add,2,1)': [{ op: 'reduceByWindow', fn: '(a, b) => a + b', windowSec: 2, slideSec: 1 }],
  'reduceByWindow(add,sub,2,1)': [{ op: 'reduceByWindow', fn: '(a, b) => a + b', invFn: '(a, b) => a - b', windowSec: 2, slideSec: 1 }],
  'plain(2,3)': [{ op: 'reduceByKeyAndWindow', fn: '(a, b) => a + b', windowSec: 2, slideSec: 3 }],
  'inverseExpectedByDefinition(2,3)': [{ op: 'reduceByKeyAndWindow', fn: '(a, b) => a + b', invFn: '(a, b) => a - b', windowSec: 2, slideSec: 3 }],
}

/** Of the quirk the definition counts, not what upstream does; a key that "may remain" need not. */
function definitions(expected: Readonly<Record<string, Batches>>): Readonly<Record<string, Batches>> {
  const rows = Object.entries(expected).filter(([name]) => !name.startsWith('inverseUpstream'))
  return Object.fromEntries(
    rows.map(([name, batches]) => [name, batches.map((batch) => batch.filter((row) => !String((row as readonly unknown[])[0]).includes('may remain')))]),
  )
}

function severalPipelines(vector: Vector, expected: Readonly<Record<string, Batches>>): { readonly program: Program; readonly check: Check } {
  const names = Object.keys(expected)
  const build: Program['build'] = (ssc, streams) => Object.fromEntries(names.map((name, i) => [`p${i}`, buildPipeline(ssc, streams, 's', stepsOf(name))]))
  return {
    program: programOf(vector, build),
    check: (run) => {
      const outputs = (i: number): ProgramRun['outputs'][string] =>
        (run.outputs[`p${i}`] ?? []).filter((_batch, at) => vector.kind !== 'quirk' || (at + 1) % 3 === 0)
      const options = { ordered: false, valuesUnordered: false, approx: false }
      const wrong = names
        .map((name, i) => [name, compareAll(outputs(i), expected[name] ?? [], options) ?? surplus(vector, outputs(i), expected[name]?.length ?? 0)] as const)
        .find(([, found]) => found !== undefined)
      return wrong === undefined ? undefined : wrong.join(': ')
    },
  }
}

function stepsOf(name: string): readonly Step[] {
  const steps = NAMED[name]
  if (steps === undefined) throw new Error(`the vector names the pipeline '${name}', which this runner does not know`)
  return steps
}

function calls(vector: Vector): { readonly program: Program; readonly check: Check } {
  const { rddCount, elementCount } = vector.expected as { readonly rddCount: number; readonly elementCount: number }
  return {
    program: programOf(vector, (_ssc, streams) => ({ out: streams['s'] as DStream<unknown> })),
    check: ({ outputs }) => {
      const rdds = outputs['out']?.flatMap((batch) => (batch === null || batch === undefined ? [] : [batch])) ?? []
      const elements = rdds.reduce((sum, batch) => sum + batch.length, 0)
      return rdds.length === rddCount && elements === elementCount
        ? undefined
        : `${rdds.length} RDDs, ${elements} elements; expected ${rddCount} and ${elementCount}`
    },
  }
}

function stateful(vector: Vector): { readonly program: Program; readonly check: Check } {
  const steps = vector.pipeline ?? []
  const program = programOf(vector, (ssc, streams) => {
    const before = buildPipeline(ssc, streams, 's', steps.slice(0, -1)) as PairDStream<Key, unknown>
    const { mapped, snapshots } = mapWithState(ssc, before, steps.at(-1) ?? { op: 'mapWithState' })
    return { out: mapped, snapshots }
  })
  const options = { ordered: false, valuesUnordered: false, approx: false }
  const check: Check = ({ outputs, error }) => {
    if (error !== undefined) return `batch ${error.batch} failed: ${error.message}`
    if (vector.compare === 'aggregate') return checkAggregate(vector, outputs)
    const expected = vector.expected as { readonly outputs: Batches; readonly stateSnapshots?: Batches }
    const snapshots = expected.stateSnapshots ?? []
    return (
      compareAll(outputs['out'] ?? [], expected.outputs, options) ??
      compareAll(outputs['snapshots'] ?? [], snapshots, options) ??
      surplus(vector, outputs['out'] ?? [], expected.outputs.length) ??
      (expected.stateSnapshots === undefined ? undefined : surplus(vector, outputs['snapshots'] ?? [], snapshots.length))
    )
  }
  return { program, check }
}

function checkAggregate(vector: Vector, outputs: ProgramRun['outputs']): string | undefined {
  const expected = vector.expected as {
    readonly allOutputsSorted: readonly unknown[]
    readonly someSnapshotEquals: readonly unknown[]
    readonly lastSnapshot: readonly unknown[]
  }
  const options = { ordered: false, valuesUnordered: false, approx: false }
  const snapshots = outputs['snapshots'] ?? []
  const all = compareBatch(
    (outputs['out'] ?? []).flatMap((batch) => batch ?? []),
    expected.allOutputsSorted,
    options,
  )
  if (all !== undefined) return `all outputs: ${all}`
  if (!snapshots.some((snapshot) => compareBatch(snapshot, expected.someSnapshotEquals, options) === undefined))
    return `no snapshot is ${JSON.stringify(expected.someSnapshotEquals)}`
  return compareBatch(snapshots.at(-1), expected.lastSnapshot, options)
}
