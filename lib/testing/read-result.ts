import { inspect } from 'node:util'
import { decompress } from '../codec/rows.ts'
import type { Node } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import { compareKeys, keyToString, type Key } from '../values/key.ts'
import type { DeadLetter } from '../plan/compute.ts'
import type { Plan } from '../plan/plan.ts'
import { readDeadLetters } from '../runtime/logs/dead-letters.ts'
import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { Bytes, Entry, TaskEntry } from '../runtime/entries/entry.ts'
import type { MemoryLog } from '../runtime/ports/memory-log.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import type { RuntimeEvent } from '../runtime/runtime.ts'
import { decodeChanges } from '../state/changes.ts'
import { PartitionState } from '../state/partition-state.ts'

export interface BatchRows {
  readonly timeMs: number
  readonly rows: readonly unknown[]
}

export interface DeadLetterResult {
  readonly stream?: string
  readonly operator: string
  readonly error: string
  readonly data?: Uint8Array
  readonly key?: unknown
  readonly value?: unknown
}

/** What a job did. */
export interface Result {
  /** Parsed lines of saveAsJsonFiles(prefix), one element per batch time that wrote. The rows of all parts, sorted by their canonical bytes; the order of a transform or a statement is kept. */
  json(prefix: string): readonly BatchRows[]
  /** Lines of saveAsTextFiles(prefix), likewise. */
  text(prefix: string): readonly { readonly timeMs: number; readonly lines: readonly string[] }[]
  /** The state held under an operator's uid after the last batch, by key (a text as it is, other keys as keyToString writes them). */
  state(uid: string): ReadonlyMap<string, unknown>
  /** Of a record its bytes; of a row behind a shuffle its key and value. */
  readonly deadLetters: readonly DeadLetterResult[]
  /** Throws where there are dead letters, and shows them: most tests ask for none. */
  expectClean(): Result
  /** How many batches and dead letters there were, and the first error of each operator. */
  toString(): string
  /** All output objects by name. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** What print wrote. */
  readonly printed: readonly string[]
  /** How often a task was computed, and foreachRDD called: once each, without faults. */
  readonly computed: number
  readonly foreachCalls: number
  /** The engine's events: one per invocation, and what happened within. */
  readonly events: readonly RuntimeEvent[]
}

interface Material {
  readonly plan: Plan
  readonly log: MemoryLog
  readonly objects: Objects
  readonly events: readonly RuntimeEvent[]
  readonly printed: readonly string[]
}

export async function readResult({ plan, log, objects, events, printed }: Material): Promise<Result> {
  const entries = [...log.entries()].map(({ log: name, n, bytes }) => ({ name, n, entry: decodeEntry(bytes) }))
  const files = new Map<string, Uint8Array>()
  for (const { key } of await objects.list('')) if (!key.startsWith('_millrace/')) files.set(key, (await objects.get(key)) ?? new Uint8Array(0))
  const states = new Map<string, PartitionState>()
  for (const { name, entry } of entries)
    if (entry.kind === 'task') (states.get(name) ?? set(states, name, PartitionState.empty(plan))).apply(decodeChanges(await bytesOf(objects, entry.changes)))
  const letters = (await Promise.all(entries.map(({ entry }) => lettersOf(objects, entry)))).flat()
  const lines = (prefix: string): readonly { readonly timeMs: number; readonly lines: readonly string[] }[] => linesOf(files, prefix)
  const shown = (): string => {
    const first = new Map<string, string>()
    for (const { operator, error, data, key, value } of letters)
      if (!first.has(operator))
        first.set(
          operator,
          `${operator}: ${error} (${data === undefined ? inspect(key === undefined ? value : [key, value]) : JSON.stringify(Buffer.from(data).toString())})`,
        )
    return [`${letters.length} dead ${letters.length === 1 ? 'letter' : 'letters'}`, ...first.values()].join('\n  ')
  }
  const result: Result = {
    expectClean: () => {
      if (letters.length > 0)
        throw new MillraceError(
          'BAD_VALUE',
          `runBatches expected no dead letters, and there are ${shown()}\nmend the program, or leave expectClean out and look at deadLetters`,
        )
      return result
    },
    toString: () => `${entries.filter(({ entry }) => entry.kind === 'batch').length} batches, ${shown()}`,
    json: (prefix) => {
      const kept = keepsOrder(plan, prefix)
      return lines(prefix).map(({ timeMs, lines: all }) => ({ timeMs, rows: kept ? all.map((line) => JSON.parse(line) as unknown) : sortRows(all) }))
    },
    text: lines,
    state: (uid) => stateOf(plan, states, uid),
    deadLetters: letters,
    files,
    printed,
    computed: events.filter((e) => e.event === 'computed').length,
    foreachCalls: events.filter((e) => e.event === 'foreachRDD').length,
    events,
  }
  return result
}

function set<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value)
  return value
}

async function bytesOf(objects: Objects, data: Bytes): Promise<Uint8Array> {
  if ('inline' in data) return data.inline
  return decompress((await objects.get(data.key, { offset: data.offset, length: data.length })) ?? new Uint8Array(0))
}

async function lettersOf(objects: Objects, entry: Entry): Promise<readonly DeadLetterResult[]> {
  const ref = (entry as Partial<TaskEntry>).deadLetters
  return ref === null || ref === undefined ? [] : (await readDeadLetters(objects, ref)).map(resultOf)
}

function resultOf({ operator, error, record, row }: DeadLetter): DeadLetterResult {
  return { operator, error: `${error.name}: ${error.message}`, ...(record === undefined ? {} : { stream: record.stream, data: record.data }), ...row }
}

function linesOf(files: ReadonlyMap<string, Uint8Array>, prefix: string): readonly { readonly timeMs: number; readonly lines: readonly string[] }[] {
  const batches = new Map<number, string[]>()
  for (const [key, bytes] of files) {
    if (!key.startsWith(`${prefix}-`)) continue
    const match = /^(\d+)(?:\.[^/]*)?\/(_SUCCESS|part-\d+)$/.exec(key.slice(prefix.length + 1))
    if (match === null) continue
    const list = batches.get(Number(match[1])) ?? set(batches, Number(match[1]), [])
    if (match[2] !== '_SUCCESS') list.push(...Buffer.from(bytes).toString().split('\n').slice(0, -1))
  }
  return [...batches].sort(([a], [b]) => a - b).map(([timeMs, lines]) => ({ timeMs, lines }))
}

/** Whether an output's rows come straight from a transform or a statement: then its order means something. */
function keepsOrder(plan: Plan, prefix: string): boolean {
  const output = plan.stages.flatMap((stage) => stage.outputs).find((o) => 'prefix' in o.output && o.output.prefix === prefix)
  let node: Node | undefined = output?.parents[0]
  while (node?.shape === 'narrow') node = node.parents[0]
  return node?.kind === 'transform' || node?.kind === 'transformWith' || node?.kind === 'sql'
}

function sortRows(lines: readonly string[]): readonly unknown[] {
  const rows = lines.map((line) => ({ line, row: JSON.parse(line) as unknown }))
  return rows.sort((a, b) => (isKey(a.row) && isKey(b.row) ? compareKeys(a.row, b.row) : a.line < b.line ? -1 : Number(a.line > b.line))).map(({ row }) => row)
}

function isKey(row: unknown): row is Key {
  return row === null || ['string', 'number', 'boolean'].includes(typeof row) || (Array.isArray(row) && row.every(isKey))
}

function stateOf(plan: Plan, states: ReadonlyMap<string, PartitionState>, uid: string): ReadonlyMap<string, unknown> {
  const node = [...plan.uids].find(([, name]) => name === uid)?.[0]
  const timed = node?.kind === 'mapWithState'
  const found: (readonly [Key, unknown])[] = []
  for (const state of states.values())
    for (const [key, value] of state.table(uid)?.groups.get(0)?.entries() ?? []) found.push([key, timed ? (value as readonly unknown[])[0] : value])
  return new Map(found.sort(([a], [b]) => compareKeys(a, b)).map(([key, value]) => [typeof key === 'string' ? key : keyToString(key), value]))
}
