// The shapes of log entries. design: docs/architecture.md, section "Logs".
import type { After, Ancestors } from './ancestors.ts'

/** Where a record stands in its input partition: a sequence number (decimal string, up to 56 digits) and the index in a KPL aggregate. Compare with comparePositions. */
export interface Position {
  readonly sequenceNumber: string
  readonly index: number
}

/** Bytes that stand in the entry, or (spilled) in an object: `key` from `offset` on. `rawLength`: uncompressed; entries before version 3 do not say. */
export type Bytes = { readonly inline: Uint8Array } | { readonly key: string; readonly offset: number; readonly length: number; readonly rawLength?: number }

/** Rows for one partition of one exchange. `time` is the block time in stage 0, else the batch time. */
export interface Block {
  readonly time: number
  readonly exchange: string
  readonly partition: number
  readonly rows: number
  readonly data: Bytes
  /** Of its rows, only those whose key is partition r of n, for each of these: what a task left that was to read no more of it. */
  readonly parts?: readonly (readonly [r: number, n: number])[]
}

/** A pointer to the dead letters of one entry: an object that was put before the entry. */
export interface DeadLetterRef {
  readonly key: string
  readonly count: number
}

interface EntryBase {
  /** Deploy number of who wrote it. */
  readonly deploy: number
  /** The attempt's own id: how an attempt knows its own entry again. */
  readonly id: string
  /** When it was committed, epoch ms. */
  readonly at: number
}

export interface ReceiverEntry extends EntryBase {
  readonly kind: 'receiver'
  /** Position of the last record consumed. */
  readonly last: Position
  /** Running maximum of arrival times, epoch ms, at most the clock. */
  readonly maxTime: number
  readonly behind: boolean
  readonly records: number
  /** Block times in this entry, ascending (also of blocks without rows: every record's time counts). */
  readonly times: readonly number[]
  readonly blocks: readonly Block[]
  readonly deadLetters: DeadLetterRef | null
  /** Arrival of the oldest record in this entry, epoch ms. For who looks: no decision reads it. */
  readonly firstTime?: number
  /** Static tables that were used: name to content hash. */
  readonly tables: Readonly<Record<string, string>>
  /** What its source must know of all records up to here besides `last` (Source.carry). */
  readonly carry?: unknown
}

export interface InputEntry extends EntryBase {
  readonly kind: 'input'
  readonly stream: string
  readonly shard: string
  /** Whom it came from; left out: nobody could say. */
  readonly ancestors?: Ancestors
  /** Kind of its source (Source.logged); left out: Kinesis, or lines that stand for it. */
  readonly source?: string
}

/** One input partition in the table of a batch entry. */
export interface Row {
  readonly stream: string
  readonly shard: string
  /** First entry with a block not taken yet, else to + 1. */
  readonly from: number
  /** Last entry seen; -1: none. */
  readonly to: number
  /** Blocks of this partition count as if they were at least this late: a child's records wait for its ancestors'. UNKNOWN_FLOOR: before version 4, held. */
  readonly floor: number
  /** Position in entry `to`: set at a renewal, gone when `to` moves. */
  readonly last: Position | null
  /** Of entry `to`, where there is `last`. */
  readonly carry?: unknown
  /** As in its registration. */
  readonly source?: string
  /** This entry exists, and was not seen yet when a row came that waits for this one, or at a renewal: who waits for this row waits until it is seen. */
  readonly holds?: number
  /** The row is held: none of its entries is seen before all of these rows are, up to what they hold. */
  readonly after?: After
}

/** What a process has finished in a batch and has not told the others yet: names and attributes for progress. */
export interface Told {
  readonly names: readonly string[]
  readonly attributes: Readonly<Record<string, number | null>>
}

/** Operator uid to the time before which batches go on without it. */
export type StandingSkips = Readonly<Record<string, number>>
/** Where the state of an operator is: after entry `entry` of the logs of a stage. `atMs`: when the batch of that entry was allocated. */
export interface StateHome {
  readonly stage: string
  readonly partitions: number
  readonly entry: number
  readonly atMs: number
}

export interface BatchEntry extends EntryBase {
  readonly kind: 'batch'
  /** Batch time, epoch ms: a multiple of the interval. */
  readonly time: number
  /** Tasks of this batch in order: stage uid and number of partitions. */
  readonly tasks: readonly (readonly [stage: string, partitions: number])[]
  /** The input log is read up to here; -1: nothing. */
  readonly inputs: number
  /** A renewal: snapshots are due, and every row has `last`. */
  readonly full: boolean
  readonly fullAt: number
  readonly rows: readonly Row[]
  /** Operator uid to what must not change while its state exists (Plan.keeps). */
  readonly keeps: Readonly<Record<string, string>>
  /** Operators whose states are `[state, last update]` (mapWithState): for who reads state without the program. */
  readonly timed?: readonly string[]
  /** In a lag a batch is allocated while the one before is being closed, of which this is not told yet: whoever closes this batch closes that one first. */
  readonly closes?: Told
  /** Records of the entries that this batch sees first, by stream. For who looks: no decision reads it. */
  readonly records?: Readonly<Record<string, number>>
  /** Time and id of the job's first batch, of texts that rise: a job begun anew has another, and a later one. */
  readonly run?: string
  /** How it was cut (Plan.shape); entries of before 0.2 do not say. */
  readonly shape?: string
  /** Tasks of the batch before whose entries hold blocks that nobody there could read: the program had changed. This batch reads them. */
  readonly carries?: readonly (readonly [stage: string, partition: number])[]
  /** Operators that are left out on command in all batches before this time (`millrace skip --until`): who allocates copies them, so all tasks of a batch read the same. */
  readonly skips?: StandingSkips
  /** Streams of whose blocks in this batch some were written by another program: they may be for any stage. */
  readonly foreign?: readonly string[]
  /** Where the state of operators is that the program has not, and whose stage it has not either. */
  readonly homes?: Readonly<Record<string, StateHome>>
  /** Rows that waited for operators which the program had no longer, by uid: since the job began, up to the batch before. For who looks: no decision reads it. */
  readonly removed?: Readonly<Record<string, number>>
}

/** What one output operator of a task put out. */
export interface Output {
  readonly operator: string
  /** file: a part of `directory`; rows: for foreachRDD (encoded rows); print: lines for the terminal; plot: what the dashboard shows (encodePlot). */
  readonly kind: 'file' | 'rows' | 'print' | 'plot'
  /** Of a file: `prefix-<TIME_IN_MS>[.suffix]`, without the part's name, or the folder of a table; else empty. */
  readonly directory: string
  /** Of a table: a file's name in its folder. '': no file; it says that the batch has files in this table, or could have. */
  readonly file?: string
  readonly rows: number
  readonly data: Bytes
}

/**
 * Points to the state after entry `entry`: a manifest (lib/state/manifest.ts), which says where its buckets are.
 * `keys` empty: there was no state. Entries of version 1 name whole states by `keys`, as encoded changes.
 */
export type SnapshotRef =
  | { readonly entry: number; readonly manifest: { readonly key: string; readonly offset: number; readonly length: number } }
  | { readonly entry: number; readonly keys: readonly string[] }

export interface TaskEntry extends EntryBase {
  readonly kind: 'task'
  /** Encoded StateChanges (lib/state/changes.ts); empty when nothing changed. */
  readonly changes: Bytes
  readonly changedKeys: number
  readonly blocks: readonly Block[]
  readonly outputs: readonly Output[]
  /** Next batch time with something to do without input; null: none. */
  readonly nextDue: number | null
  readonly snapshot: SnapshotRef | null
  /** Bytes of changes in the entries since the snapshot, this one included. */
  readonly tailBytes: number
  readonly deadLetters: DeadLetterRef | null
  /** Operators that were skipped on command. */
  readonly skipped: readonly string[]
  /** The stage was not in the program of who wrote this: nothing was computed. */
  readonly gone: boolean
  readonly tables: Readonly<Record<string, string>>
  /** Rows that waited for operators which the program had no longer, by uid. For who looks: no decision reads it. */
  readonly removed?: Readonly<Record<string, number>>
  /** Operators whose state this partition was to take over and has not, and where it is. */
  readonly unmoved?: Readonly<Record<string, StateHome>>
  /** What it took, for who looks: no decision reads it. ms from its beginning to its put, rows that it read, bytes of its state after it. */
  readonly figures?: readonly [ms: number, rowsIn: number, stateBytes: number]
}

/** What a batch shows on the dashboard, of all its partitions. Entry k is of batch k; batches in which no plot is due have none. */
export interface PlotsEntry extends EntryBase {
  readonly kind: 'plots'
  /** Batch time, epoch ms. */
  readonly time: number
  /** encodePlot of each, in the order of the program. */
  readonly plots: readonly Uint8Array[]
  /** As the program says how they stand; null: it does not. */
  readonly dashboard: { readonly title: string; readonly rows: readonly (readonly string[])[] } | null
}

export type Entry = ReceiverEntry | InputEntry | BatchEntry | TaskEntry | PlotsEntry
