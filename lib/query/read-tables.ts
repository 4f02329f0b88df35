import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { BatchEntry, Entry, Output, TaskEntry } from '../runtime/entries/entry.ts'
import { BATCH_LOG, partName, taskLog } from '../runtime/entries/log-names.ts'
import { readDeadLetters } from '../runtime/logs/dead-letters.ts'
import { readBytes } from '../runtime/logs/spill.ts'
import type { Log, LogKey } from '../runtime/ports/log.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import { decodeRows } from '../codec/rows.ts'
import { StateReader, type StatesOfBatch } from './state-reader.ts'

/** Of all that a question reads: a laptop's memory, and a pocket's worth of requests. */
export const MAX_READ_BYTES: number = 256 * 1024 * 1024
/** `prefix-<TIME_IN_MS>[.suffix]` */
const DIRECTORY = /^(?<prefix>.+)-(?<time>\d+)(?:\.[^/.]*)?$/

export interface TablesRequest {
  readonly job: string
  readonly log: Log
  readonly objects: Objects
  /** Put before every output directory. */
  readonly outputPrefix: string
  /** Batches to read, the newest first. */
  readonly last: number
  /** Batches at or after this time, epoch ms. */
  readonly sinceMs: number | undefined
  readonly maxBytes: number
}

/** A row of an output. */
export interface OutputRow {
  readonly row: unknown
  readonly timeMs: number
  readonly partition: number
}

export interface BatchRow {
  readonly number: number
  readonly timeMs: number
  readonly entry: BatchEntry
  /** Tasks whose entry is there. */
  readonly done: number
  readonly tasks: number
}

/** What a job has put out and keeps, for questions. */
export interface JobTables {
  readonly files: ReadonlyMap<string, readonly OutputRow[]>
  readonly states: StatesOfBatch | null
  readonly batches: readonly BatchRow[]
  readonly deadLetters: readonly { readonly timeMs: number; readonly operator: string; readonly error: string; readonly row: unknown }[]
  readonly inputs: readonly { readonly stream: string; readonly shard: string; readonly entries: number }[]
  /** Bytes of outputs and states that were read. */
  readonly bytes: number
  /** What was left out, in words. */
  readonly leftOut: readonly string[]
}

/** Reads what the last batches of a job have committed, and its state. Only reads. */
export async function readTables(request: TablesRequest): Promise<JobTables> {
  const { job, log, last, sinceMs, maxBytes } = request
  const meter = new Meter(request.objects, maxBytes)
  const ports = { log, objects: meter.objects }
  const files = new Map<string, OutputRow[]>()
  const batches: BatchRow[] = []
  const letters: JobTables['deadLetters'][number][] = []
  const leftOut: string[] = []
  const reader = new StateReader(job, ports)
  const head = await reader.newestBatch()
  let states: StatesOfBatch | null = null
  try {
    states = await reader.states()
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    leftOut.push(`the state: it is more than ${megabytes(maxBytes)}; millrace state reads one key`)
  }
  for (let n = head?.n ?? -1; n >= 0 && batches.length < last; n--) {
    const entry = n === head?.n ? head.entry : await entryOf(log, { log: BATCH_LOG, n }, 'batch')
    // What is older has expired.
    if (entry === null) break
    if (sinceMs !== undefined && entry.time < sinceMs) break
    const keys = entry.tasks.flatMap(([stage, partitions]) =>
      Array.from({ length: partitions }, (_, partition) => ({ log: taskLog(stage, partition), n, partition })),
    )
    const found = await log.getMany(keys, { consistent: true })
    try {
      for (const [i, key] of keys.entries()) {
        const bytes = found[i]
        const task = bytes === null || bytes === undefined ? null : decodeEntry(bytes, `entry ${key.log}#${n}`)
        if (task?.kind !== 'task') continue
        meter.add(bytes?.length ?? 0)
        for (const output of task.outputs) if (output.kind === 'file') await addOutput(request, ports.objects, files, output, key.partition, leftOut)
        await addLetters(ports.objects, letters, task)
      }
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error
      leftOut.push(`the batch of ${new Date(entry.time).toISOString()} and those before it: ${megabytes(maxBytes)} were read; --last or --since reads fewer`)
      break
    }
    batches.push({ number: n, timeMs: entry.time, entry, done: found.filter((bytes) => bytes !== null).length, tasks: keys.length })
  }
  const oldest = batches.at(-1)
  if (oldest !== undefined && oldest.number > 0 && leftOut.length === 0) leftOut.push(`batches before number ${oldest.number}: --last N reads more`)
  const inputs = (head?.entry.rows ?? []).map(({ stream, shard, to }) => ({ stream, shard, entries: to + 1 }))
  for (const rows of files.values()) rows.reverse()
  return { files, states, batches, deadLetters: letters, inputs, bytes: meter.bytes, leftOut }
}

async function entryOf<K extends Entry['kind']>(log: Log, key: LogKey, kind: K): Promise<Extract<Entry, { readonly kind: K }> | null> {
  const bytes = await log.get(key, { consistent: true })
  const entry = bytes === null ? null : decodeEntry(bytes, `entry ${key.log}#${key.n}`)
  return entry?.kind === kind ? (entry as Extract<Entry, { readonly kind: K }>) : null
}

async function addOutput(
  { outputPrefix }: TablesRequest,
  objects: Objects,
  files: Map<string, OutputRow[]>,
  output: Output,
  partition: number,
  leftOut: string[],
): Promise<void> {
  const { prefix, time } = DIRECTORY.exec(output.directory)?.groups ?? {}
  if (prefix === undefined || time === undefined) {
    const what = `${output.directory}: its layout is none that millrace query reads`
    if (!leftOut.includes(what)) leftOut.push(what)
    return
  }
  const rows = files.get(prefix) ?? []
  files.set(prefix, rows)
  if (output.rows === 0) return
  let bytes: Uint8Array | null
  try {
    bytes = await readBytes({ ports: { objects } }, output.data)
  } catch (error) {
    if (error instanceof TooMuch) throw error
    // The entry's bytes have expired; what was published is there.
    bytes = await objects.get(`${outputPrefix}${output.directory}/${partName(partition)}`)
  }
  if (bytes === null) {
    leftOut.push(`${output.directory}: its bytes are gone`)
    return
  }
  const found = rowsOf(bytes)
  if (found === undefined) {
    const what = `${prefix}: its format is none that millrace query reads (JSON lines, text, object files)`
    if (!leftOut.includes(what)) leftOut.push(what)
    return
  }
  // Newest first as yet, so the rows of a part stand backwards, too.
  for (const row of [...found].reverse()) rows.push({ row, timeMs: Number(time), partition })
}

/** Lines of JSON or text, or what saveAsObjectFiles wrote; undefined: neither. */
function rowsOf(bytes: Uint8Array): readonly unknown[] | undefined {
  let text: string
  try {
    text = new TextDecoder('utf8', { fatal: true }).decode(bytes)
  } catch {
    try {
      return decodeRows(bytes)
    } catch {
      return undefined
    }
  }
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => {
    try {
      return JSON.parse(line) as unknown
    } catch {
      return line
    }
  })
}

async function addLetters(objects: Objects, letters: JobTables['deadLetters'][number][], task: TaskEntry): Promise<void> {
  if (task.deadLetters === null) return
  for (const { operator, time, error, row } of await readDeadLetters(objects, task.deadLetters))
    letters.push({ timeMs: time, operator, error: `${error.name}: ${error.message}`, row })
}

/** What is over is no error: it is left out, and said. */
class TooMuch extends Error {}

/** Counts the bytes that are read. */
class Meter {
  bytes = 0
  readonly objects: Objects
  readonly #max: number

  constructor(objects: Objects, max: number) {
    this.#max = max
    this.objects = {
      get: async (key, range) => {
        if (range !== undefined && this.bytes + range.length > max) throw new TooMuch()
        const bytes = await objects.get(key, range)
        this.add(bytes?.length ?? 0)
        return bytes
      },
      list: (prefix) => objects.list(prefix),
      put: refuse,
      copy: refuse,
      delete: refuse,
    }
  }

  add(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.#max) throw new TooMuch()
  }
}

function refuse(): never {
  throw new Error('a question only reads')
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}
