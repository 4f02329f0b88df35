import { runBatches, type Result, type RunBatchesOptions } from 'millrace/testing'
import { buildJob, inputName, outputName } from './build.ts'
import { interpret, type Meant } from './interpret.ts'
import { INTERVAL_MS, type Program, type ProgramOutput } from './operator.ts'
import { textOf, type Rows, type Value } from './values.ts'

/** One partition and one shard; and several, with everything going wrong that runBatches can make go wrong. */
export const LAYOUTS: Readonly<Record<string, RunBatchesOptions>> = {
  '1 partition, 1 shard': { numPartitions: 1, shards: 1 },
  '4 partitions, 3 shards, faults': { numPartitions: 4, shards: 3, faults: { duplicateDelivery: 0.2, timeoutAfterCommit: 0.1, staleCache: 0.3 } },
}

/** Not JSON: a record that no decoder takes. */
export const BAD: Uint8Array = Buffer.from('{bad')

/** Runs a program through the real handlers, in all layouts; returns what it did otherwise than it means, a line each. `means`: another program, which it should be found not to be. */
export async function check(program: Program, means: Program = program): Promise<readonly string[]> {
  const meant = interpret(means) ?? []
  const inputs = usedInputs(program)
  const wrong: string[] = []
  for (const [layout, options] of Object.entries(LAYOUTS)) {
    const say = (what: string): void => void wrong.push(`${layout}: ${what}`)
    const seen = new Map<string, readonly Value[]>()
    let run: Result
    try {
      run = await runBatches(buildJob(program, seen), recordsOf(program, inputs), { ...options, seed: program.seed })
    } catch (error) {
      say(`throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      continue
    }
    const bad = inputs.flatMap((i) => program.inputs[i]!.bad)
    if (run.deadLetters.length !== bad.length)
      say(`${run.deadLetters.length} dead letters, not ${bad.length}: ${run.deadLetters.map(({ operator, error }) => `${operator}: ${error}`).join(' | ')}`)
    const shown = (i: number, kind: ProgramOutput['kind']): Shown =>
      kind === 'json' || kind === 'text' ? filesOf(run, kind, outputName(i)) : callsOf(seen, outputName(i))
    for (const what of differences(program, meant, shown)) say(what)
  }
  return wrong
}

/** What an output put out: by batch time, the lines. */
export type Shown = ReadonlyMap<number, readonly string[]>

/** Compares what outputs put out with what they mean, batch by batch. */
export function differences(
  { nodes, outputs, batches }: Program,
  meant: readonly Meant[],
  shown: (output: number, kind: ProgramOutput['kind']) => Shown,
  startMs = 0,
): readonly string[] {
  return outputs.flatMap(({ node, kind }, i) => {
    const put = shown(i, kind)
    const expected = new Map(meant[node]!.flatMap((rows, batch) => (rows === undefined ? [] : [[startMs + (batch + 1) * INTERVAL_MS, rows] as const])))
    return [...new Set([...expected.keys(), ...put.keys()])].flatMap((timeMs) => {
      const is = put.get(timeMs)?.toSorted() ?? []
      const should = linesOf(expected.get(timeMs) ?? [], kind).toSorted()
      const batch = (timeMs - startMs) / INTERVAL_MS
      // What is due after the last batch may come, and need not.
      if ((batch > batches && (is.length === 0 || !expected.has(timeMs))) || is.join('\n') === should.join('\n')) return []
      return [`node ${node} (${nodes[node]!.op}) in batch ${batch}\n    is     ${is.join(' ')}\n    should ${should.join(' ')}`]
    })
  })
}

/** The numbers of the inputs that lead to an output: a job reads no others. */
export function usedInputs({ nodes, outputs }: Program): readonly number[] {
  const used = new Set<number>()
  const visit = (node: number): void => {
    if (used.has(node)) return
    used.add(node)
    for (const parent of nodes[node]!.of) visit(parent)
  }
  for (const { node } of outputs) visit(node)
  return [...used].filter((node) => nodes[node]!.op === 'input').map((node) => Number(nodes[node]!.form))
}

function recordsOf({ inputs }: Program, used: readonly number[]): Readonly<Record<string, readonly (readonly unknown[])[]>> {
  return Object.fromEntries(
    used.flatMap((i) => {
      const { kind, batches, bad } = inputs[i]!
      if (kind === 'queue') return []
      const records = (rows: Rows, batch: number): readonly unknown[] => [
        ...rows.map((row) => (kind === 'text' ? row : Buffer.from(textOf(row)))),
        ...bad.flatMap((b) => (b === batch ? [BAD] : [])),
      ]
      return [[inputName(i), batches.map(records)]]
    }),
  )
}

/** A row as it is written. */
function linesOf(rows: Rows, kind: Program['outputs'][number]['kind']): readonly string[] {
  return rows.map((row) => (kind === 'text' && typeof row === 'string' ? row : textOf(row)))
}

function filesOf(run: Result, kind: 'json' | 'text', name: string): ReadonlyMap<number, readonly string[]> {
  if (kind === 'text') return new Map(run.text(name).map(({ timeMs, lines }) => [timeMs, lines]))
  return new Map(run.json(name).map(({ timeMs, rows }) => [timeMs, (rows as Rows).map(textOf)]))
}

/** What foreachRDD was given, all partitions. */
export function callsOf(seen: ReadonlyMap<string, readonly Value[]>, name: string): ReadonlyMap<number, readonly string[]> {
  const calls = new Map<number, readonly string[]>()
  for (const [key, rows] of seen) {
    const [output, time] = key.split(' ')
    if (output === name) calls.set(Number(time), [...(calls.get(Number(time)) ?? []), ...rows.map(textOf)])
  }
  return calls
}
