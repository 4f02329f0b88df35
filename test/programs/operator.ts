import type { Duration, DStream, Key, PairDStream, StaticTable, StreamingContext } from 'millrace'
import type { Random } from 'millrace/testing'
import type { Rows, Type, Value, ValuePair } from './values.ts'

/** A DStream of a program. `window` and `slide` count batches. */
export interface ProgramNode {
  readonly op: string
  /** Its parents: places of earlier nodes. */
  readonly of: readonly number[]
  readonly fn?: string
  readonly window?: number
  readonly slide?: number
  readonly partitions?: number
  /** What else: a variant of the operator, pairs of a table, a time-out in batches. */
  readonly form?: string
  readonly table?: readonly ValuePair[]
  readonly timeout?: number
}

export interface ProgramInput {
  readonly kind: 'json' | 'text' | 'queue'
  /** By batch. */
  readonly batches: readonly Rows[]
  /** In these batches a record comes that cannot be decoded; a batch may be named several times. */
  readonly bad: readonly number[]
}

export interface ProgramOutput {
  readonly node: number
  readonly kind: 'json' | 'text' | 'foreach' | 'foreachPartition'
}

/** A program as data: printed where it fails, and made smaller. */
export interface Program {
  readonly seed: number
  readonly batches: number
  readonly inputs: readonly ProgramInput[]
  /** Inputs first. */
  readonly nodes: readonly ProgramNode[]
  readonly outputs: readonly ProgramOutput[]
}

/** What the generator knows of a stream. */
export interface Stream {
  readonly type: Type
  /** Batches between two of its RDDs. */
  readonly slide: number
  /** No key has two values in a batch. */
  readonly unique: boolean
}

/** A way to go on: a node without `of`, and the stream that it makes. */
export interface Offer {
  readonly weight: number
  readonly node: Omit<ProgramNode, 'of' | 'op'>
  readonly stream: Stream
}

/** What a node is built with. */
export interface Building {
  readonly ssc: StreamingContext
  readonly node: ProgramNode
  readonly of: readonly DStream<Value>[]
  readonly window: Duration
  readonly slide: Duration
  /** `{ numPartitions }`, or nothing. */
  readonly shuffle: { readonly numPartitions?: number }
  /** A static table of its own. */
  table(): StaticTable<Key, Value>
}

/** What a node means at a batch: plain lists. */
export interface Meaning {
  readonly node: ProgramNode
  /** Number of the batch, from 1: a multiple of the node's slide. */
  readonly at: number
  /** Its batch time. */
  readonly atMs: number
  /** Rows of a parent at this batch. */
  rows(parent?: number): Rows
  /** Rows of the parent in batches (from, to]. */
  between(from: number, to: number): Rows
}

/** An operator three times: where it fits, as Millrace has it, and what it means. */
export interface Operator {
  /** How many streams it takes. */
  readonly parents?: number
  offers(streams: readonly Stream[], random: Random): readonly Offer[]
  build(building: Building): DStream<Value>
  /** Called once for each program; returns what gives its rows, batch after batch. */
  means(node: ProgramNode): (meaning: Meaning) => Rows
}

export const pairs = (stream: DStream<Value> | undefined): PairDStream<Key, Value> => stream as unknown as PairDStream<Key, Value>
export const values = (stream: unknown): DStream<Value> => stream as DStream<Value>
/** Of an operator without memory. */
export const each = (f: (rows: Rows, meaning: Meaning) => Rows) => (): ((meaning: Meaning) => Rows) => (meaning) => f(meaning.rows(), meaning)

/** 0: the job's. */
const PARTITIONS = [0, 0, 1, 2, 3, 5]
/** `{ partitions }` now and then. */
export const somePartitions = (random: Random): { readonly partitions?: number } => {
  const partitions = random.pick(PARTITIONS)
  return partitions === 0 ? {} : { partitions }
}

/** The batch interval of all programs. */
export const INTERVAL_MS = 1000
