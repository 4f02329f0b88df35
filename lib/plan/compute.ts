// What the runtime asks of a plan: two synchronous, deterministic functions. Nothing here does I/O.
import type { Rows } from '../dstream/node.ts'
import type { Position } from '../runtime/entries/entry.ts'
import type { StageNode } from './plan.ts'

/** One record as it came from an input partition; KPL aggregates are taken apart already. */
export interface RawRecord extends Position {
  /** base64 as in a Lambda event, or the bytes. */
  readonly data: string | Uint8Array
  readonly partitionKey: string
  /** Approximate arrival, epoch ms, whole. Not monotonic. */
  readonly arrivalMs: number
}

export interface BlockDraft {
  readonly time: number
  readonly exchange: string
  readonly partition: number
  readonly rows: number
  /** encodeRows of the rows; uncompressed. */
  readonly data: Uint8Array
}

export interface OutputDraft {
  readonly operator: string
  readonly kind: 'file' | 'rows' | 'print' | 'plot'
  readonly directory: string
  /** Of a table; see Output. */
  readonly file?: string
  readonly rows: number
  /** file: its bytes; rows: encodeRows; print: UTF-8 text; plot: encodePlot. Empty for a due output without rows. */
  readonly data: Uint8Array
}

export interface DeadLetter {
  /** Operator uid; of an undecodable record: the input's. */
  readonly operator: string
  /** Batch (or block) time, epoch ms. */
  readonly time: number
  readonly error: { readonly name: string; readonly message: string; readonly stack: string }
  /** Of a record in stage 0. */
  readonly record?: Position & {
    readonly stream: string
    readonly shard: string
    readonly partitionKey: string
    readonly arrivalMs: number
    readonly data: Uint8Array
    /** Which of its rows, from 0, where the decoder makes several of a record. */
    readonly row?: number
  }
  /** Of a row behind a shuffle: `[key, value]`, or the row in `value`. */
  readonly row?: { readonly key?: unknown; readonly value: unknown }
  /** Of rows that a task could not hold, where their operator was skipped: nobody has decoded them. */
  readonly blocks?: readonly KeptBlock[]
}

/** Rows behind a shuffle, as they were written: encodeRows, compressed where `whole` is false. The object is a copy of its own that lives as long as dead letters do. */
export interface KeptBlock {
  readonly key: string
  readonly offset: number
  readonly length: number
  readonly rows: number
  readonly whole: boolean
}

/** The static tables of a plan, loaded; content hashes are in the entries that used them. */
export interface LoadedTables {
  get(name: string): { readonly hash: string; get(key: unknown): unknown; entries(): Iterable<readonly [key: unknown, value: unknown]> } | undefined
}

/** Stage 0 of one invocation. Records are pushed in order. */
export interface ReceiveRun {
  /** `time`: block time. Never throws for a bad record (but with onError 'fail'). */
  push(record: RawRecord, time: number): void
  /** Estimated bytes of the blocks so far. */
  readonly sizeBytes: number
  finish(): { readonly blocks: readonly BlockDraft[]; readonly deadLetters: readonly DeadLetter[]; readonly tables: Readonly<Record<string, string>> }
}

export interface Detour {
  readonly to: StageNode
  /** `[key, combined]`, by the operator's own combiner. */
  readonly combined: boolean
  readonly rows: Rows
}

export interface TaskRequest {
  readonly stage: string
  readonly partition: number
  readonly time: number
  /** Of the batch before; 0: none. */
  readonly previousTime: number
  /** Decoded rows by exchange uid, in order. A missing exchange has no rows. */
  readonly input: ReadonlyMap<string, Rows>
  /** Rows that an earlier program sent to operators which have no shuffle before them now; they come before all others. */
  readonly detours?: readonly Detour[]
  /** Operators that are skipped on command. */
  readonly skip: ReadonlySet<string>
  /** Of these, those that are not even begun, for the reason given: what they read of their state is more than a task may hold. */
  readonly refused?: ReadonlyMap<string, Error>
  /** How much one task may hold; left out: whatever it takes. */
  readonly maxTaskBytes?: number
}

export interface TaskDraft {
  /** encodeChanges; empty when nothing changed. */
  readonly changes: Uint8Array
  readonly changedKeys: number
  readonly blocks: readonly BlockDraft[]
  readonly outputs: readonly OutputDraft[]
  readonly nextDue: number | null
  readonly deadLetters: readonly DeadLetter[]
  readonly skipped: readonly string[]
  readonly tables: Readonly<Record<string, string>>
}
