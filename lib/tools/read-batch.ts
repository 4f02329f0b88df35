import { rowIn } from '../runtime/entries/allocate.ts'
import type { BatchEntry, Position, ReceiverEntry, TaskEntry } from '../runtime/entries/entry.ts'
import type { BatchFigures, TaskFigures } from '../runtime/entries/figures.ts'
import { BATCH_LOG, partName, receiverLog, taskLog } from '../runtime/entries/log-names.ts'
import type { Ports } from '../runtime/runtime.ts'
import type { BatchReader } from './batch-reader.ts'
import { EntryReader } from './entry-reader.ts'
import { linesOf } from './watch-outputs.ts'

/** Rows of an output that are shown. */
const SHOWN_ROWS = 20
/** Characters of a row that are shown. */
const SHOWN_CHARACTERS = 2_000
/** Entries of input partitions whose records are counted; of more, only which they are is told. */
const MAX_ENTRIES = 2_000
/** Outputs whose rows are read, per batch. */
const MAX_OUTPUTS = 100

export interface BatchInput {
  readonly stream: string
  readonly shard: string
  /** Entries of its receiver log that this batch sees first. */
  readonly from: number
  readonly to: number
  readonly records: number | null
  readonly first: Position | null
  readonly last: Position | null
  /** When its newest record arrived, by the stream's clock. */
  readonly lastArrivalMs: number | null
}

export interface BatchOutput {
  readonly operator: string
  readonly kind: 'file' | 'rows' | 'print' | 'plot'
  readonly stage: string
  readonly partition: number
  /** Of a file: its name. */
  readonly file: string | null
  readonly rows: number
  readonly lines: readonly string[]
}

export interface BatchTask extends TaskFigures {
  readonly deploy: number | null
  /** Id of the attempt that committed it. */
  readonly attempt: string | null
  readonly changeBytes: number | null
  /** Its bytes lie in an object beside the entry. */
  readonly spilled: boolean
  readonly deadLetters: number
  /** uids of its output operators, by its entry. */
  readonly outputs: readonly string[]
}

export interface BatchDetail {
  readonly figures: BatchFigures
  readonly attempt: string
  readonly renewal: boolean
  readonly inputs: readonly BatchInput[]
  readonly tasks: readonly BatchTask[]
  readonly outputs: readonly BatchOutput[]
  /** Outputs without rows, and such beyond the first that are shown. */
  readonly outputsLeftOut: number
}

/** Returns all that is known of one batch; null: there is no such batch. */
export async function readBatch(
  ports: Pick<Ports, 'log' | 'progress' | 'objects'>,
  batches: BatchReader,
  number: number,
  { outputPrefix }: { readonly outputPrefix: string },
): Promise<BatchDetail | null> {
  const reader = new EntryReader(ports.log)
  const [entry, previous] = await reader.many(
    'batch',
    [number, number - 1].filter((n) => n >= 0).map((n) => ({ log: BATCH_LOG, n })),
  )
  const [figures] = await batches.range(number, number)
  if (entry === null || entry === undefined || figures === undefined) return null
  const known = await batches.tasks(number)
  const tasks = entry.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ stage, partition })))
  const entries = await reader.many(
    'task',
    tasks.map(({ stage, partition }) => ({ log: taskLog(stage, partition), n: number })),
  )
  const committed = tasks.map((task, i) => ({ ...task, entry: entries[i] ?? null }))
  const { shown, leftOut } = await outputsOf(ports, outputPrefix, committed)
  return {
    figures,
    attempt: entry.id,
    renewal: entry.full,
    inputs: await inputsOf(reader, entry, previous ?? null),
    tasks: committed.map((task) => taskOf(task, known)),
    outputs: shown,
    outputsLeftOut: leftOut,
  }
}

interface Committed {
  readonly stage: string
  readonly partition: number
  readonly entry: TaskEntry | null
}

function taskOf({ stage, partition, entry }: Committed, known: readonly TaskFigures[]): BatchTask {
  const found = known.find((task) => task.stage === stage && task.partition === partition)
  const unknown = { beginMs: null, endMs: null, rowsIn: null, rowsOut: null, changedKeys: null, keys: null, stateBytes: null }
  const bytes = entry === null ? [] : [entry.changes, ...entry.blocks.map(({ data }) => data), ...entry.outputs.map(({ data }) => data)]
  return {
    ...(found ?? unknown),
    stage,
    partition,
    deploy: entry?.deploy ?? null,
    attempt: entry?.id ?? null,
    changeBytes: entry === null ? null : 'inline' in entry.changes ? entry.changes.inline.length : entry.changes.length,
    spilled: bytes.some((data) => 'key' in data),
    deadLetters: entry?.deadLetters?.count ?? 0,
    outputs: entry?.outputs.map(({ operator }) => operator) ?? [],
  }
}

async function inputsOf(reader: EntryReader, batch: BatchEntry, previous: BatchEntry | null): Promise<readonly BatchInput[]> {
  const rows = batch.rows.flatMap((row) => {
    const from = (rowIn(previous, row)?.to ?? -1) + 1
    return row.to < from ? [] : [{ row, from }]
  })
  let left = MAX_ENTRIES
  const inputs: BatchInput[] = []
  for (const { row, from } of rows) {
    const { stream, shard, to } = row
    const count = to - from + 1
    const base = { stream, shard, from, to }
    if (count > left) {
      inputs.push({ ...base, records: null, first: null, last: null, lastArrivalMs: null })
      continue
    }
    left -= count
    const keys = Array.from({ length: count + 1 }, (_, i) => ({ log: receiverLog(stream, shard), n: from - 1 + i })).filter(({ n }) => n >= 0)
    const found = await reader.many('receiver', keys)
    const own = found.slice(keys.length - count).filter((entry): entry is ReceiverEntry => entry !== null)
    const last = own.at(-1)
    inputs.push({
      ...base,
      records: own.length < count ? null : own.reduce((sum, { records }) => sum + records, 0),
      // The first of them follows the last one of the entry before.
      first: (keys.length > count ? found[0]?.last : undefined) ?? null,
      last: last?.last ?? null,
      lastArrivalMs: last?.maxTime ?? null,
    })
  }
  return inputs
}

async function outputsOf(
  ports: Pick<Ports, 'objects'>,
  outputPrefix: string,
  tasks: readonly Committed[],
): Promise<{ readonly shown: readonly BatchOutput[]; readonly leftOut: number }> {
  const all = tasks.flatMap(({ stage, partition, entry }) => (entry?.outputs ?? []).map((output) => ({ stage, partition, output })))
  const withRows = all.filter(({ output }) => output.rows > 0).slice(0, MAX_OUTPUTS)
  const shown: BatchOutput[] = []
  for (const { stage, partition, output } of withRows) {
    const { operator, kind, rows, directory } = output
    const lines = (await linesOf(ports.objects, output, SHOWN_ROWS)).slice(0, SHOWN_ROWS).map((line) => cut(line))
    shown.push({ operator, kind, stage, partition, file: kind === 'file' ? `${outputPrefix}${directory}/${partName(partition)}` : null, rows, lines })
  }
  return { shown, leftOut: all.length - withRows.length }
}

function cut(line: string): string {
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}… (${line.length} characters)` : line
}
