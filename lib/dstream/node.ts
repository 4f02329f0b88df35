import type { AnyDecoder } from '../decode/rows-decoder.ts'
import type { FileFormat } from '../formats/file-format.ts'
import type { PlotShape } from '../output/plot.ts'
import type { Layout, PartitionBy } from '../output/table-names.ts'
import type { Rdd } from '../rdd/rdd.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { Sink } from './sink.ts'

/** A folder that a runner watches. On each batch it takes the files that selectFiles says, and delivers their records. */
export interface FileSource {
  /** May be a glob: it selects directories, whose direct files are read. */
  readonly directory: string
  readonly newFilesOnly: boolean
  /** undefined: names that do not begin with a dot. */
  readonly filter: ((path: string) => boolean) | undefined
  /** Bytes of each record; undefined: a file's lines are its records. */
  readonly recordLength: number | undefined
}

/** What a poll is told: it returns `limit` records at most, by `deadline` (epoch ms); then `signal` is aborted, and what it returns is not waited for. */
export interface PollRequest {
  readonly limit: number
  readonly deadline: number
  readonly signal: AbortSignal
}

/** What a poll brings: records, and the position behind them, any JSON. */
export interface Polled<T, P> {
  readonly records: readonly T[]
  readonly position: P
}

/** A receiver of one's own. `position` undefined: nothing has been taken yet. */
export interface Poll {
  readonly everyMs: number
  readonly limit: number
  readonly poll: (position: unknown, request: PollRequest) => Promise<Polled<unknown, unknown>>
}

/** A batch of rows, or one row at a time. Rows of a pair stream are `[key, value]`. */
export type Rows = readonly unknown[]
export interface Push {
  (row: unknown): void
  /** Of the way into what combines pairs: returns the way for rows that `make` makes pairs of. A call less for every row. */
  readonly of?: (make: (row: unknown) => unknown) => Push
}

/** What an operator may use while it runs. One per (stage, partition, batch) or per invocation of receive. */
export interface OperatorContext {
  /** Batch time, epoch ms. In stage 0 it is the block time of the record. */
  readonly time: number
  readonly partition: number
  readonly numPartitions: number
  readonly intervalMs: number
  /** How much a task may hold: what an operator makes beside its rows may take as much. Left out in receive. */
  readonly maxTaskBytes?: number | undefined
  /** The operator's state in this partition, an overlay: nothing is kept unless the entry is committed. Only for nodes with `stateful`. */
  readonly state: OperatorState
  /** The class, for nodes that see a whole batch. Not imported there: the receive function's bundle has every node in it, but no RDD. */
  readonly Rdd: typeof Rdd
  /** Loaded content of a static table; remembers that it was used. */
  table(table: StaticTable): ReadonlyTable
  /** A record-shaped function threw on `key` and `value`: they go to the dead letters (or, with onError 'fail', this throws). */
  deadLetter(operator: string, row: unknown, error: unknown): void
}

export interface ReadonlyTable {
  /** Of its content. */
  readonly hash: string
  get(key: unknown): unknown
  /** All pairs, in no particular order: costs the whole table. */
  entries(): Iterable<readonly [key: unknown, value: unknown]>
}

/** Keyed state in groups: 0 is the main one, others are panes named by their end, epoch ms. Keys are compared by value. */
export interface OperatorState {
  get(group: number, key: unknown): unknown
  put(group: number, key: unknown, value: unknown): void
  delete(group: number, key: unknown): void
  /** Forgets a whole group, whatever its size, at a cost of O(1) bytes. */
  drop(group: number): void
  /** Groups that exist, ascending. */
  groups(): readonly number[]
  size(group: number): number
  /**
   * Of these groups everything is about to be read, or in one group these keys. State may lie in a store: what is read without having been asked for is found missing bit by bit,
   * and the batch is computed anew each time; so who reads many groups, or many keys in a row, asks for all of them first.
   */
  needGroups(groups: readonly number[]): void
  needKeys(group: number, keys: Iterable<unknown>): void
  /** In an order that depends on the state's content only, never on how it was reached. */
  entries(group: number): Iterable<readonly [key: unknown, value: unknown]>
  /** Keys of group 0 whose value's `rank` (below) is less than the limit, in an order that depends on content only. Costs what it returns. */
  below(limit: number): readonly unknown[]
  /** The least rank in group 0; Infinity when there is none. */
  leastRank(): number
}

interface NodeBase {
  /** The API's name of the operator: `map`, `reduceByKey`, ... */
  readonly kind: string
  /** Given by the user (`uid`), else undefined: the plan derives a stable one. */
  readonly uid: string | undefined
  readonly parents: readonly Node[]
  /** The stream yields an RDD at multiples of this since the epoch. */
  readonly slideMs: number
  /** What else makes this operator what it is (window, numPartitions, names), for the fingerprint. JSON-able. */
  readonly params: Readonly<Record<string, string | number | boolean | null>>
}

/** Records from outside. */
export interface InputNode extends NodeBase {
  readonly shape: 'input'
  readonly stream: string
  readonly decoder: AnyDecoder<unknown>
  /** Of a queueStream: element i is what batch i + 1 receives; the runner delivers it. */
  readonly queue: readonly Rows[] | undefined
  /** Of a stream over a folder: where its records come from; only runners that have folders take it. */
  readonly files?: FileSource
  /** Of a receiver of one's own: its records are the values that `poll` returned, as codec bytes. */
  readonly poll?: Poll
}

/** One row in, any number out, no memory of other rows (but keyed state): fused into the chain of its parent. */
export interface NarrowNode extends NodeBase {
  readonly shape: 'narrow'
  /** Rows keep their keys, so what was partitioned by key stays so (filter, mapValues). */
  readonly keepsKeys: boolean
  /** Needs its rows partitioned by key, and keyed state. */
  readonly stateful: Stateful | undefined
  /** Where the rows must be; left out: wherever the parent's are. A stateful node says `key`. */
  readonly distribution?: Distribution
  /** Next batch time after `context.time` at which `end` has something to do without input; null: none. */
  nextDue?(context: OperatorContext): number | null
  /** Returns the function that takes this node's input rows. `end` is called after the batch's last row (stage >= 1 only). */
  open(down: Push, context: OperatorContext): { readonly push: Push; readonly end?: () => void }
}

/** How rows are combined on their way through a shuffle: Spark's Aggregator. */
export interface Combiner {
  create(value: unknown): unknown
  mergeValue(combined: unknown, value: unknown): unknown
  mergeCombiners(a: unknown, b: unknown): unknown
  /** false: values travel uncombined (groupByKey). */
  readonly mapSide: boolean
  /** Whose functions these are, for errors. Who calls them asks checkCombined. */
  readonly operator: string
}

export interface Stateful {
  /** What must not change while state exists, e.g. `{ windowMs, slideMs, intervalMs }`; the plan adds stage and partitions. */
  readonly keeps: Readonly<Record<string, string | number>>
  /** A number that orders the values of group 0 (last update); see OperatorState.below. */
  readonly rank?: (value: unknown) => number
  /** What it keeps are rows under a running index, not states by key. */
  readonly rows?: boolean
  /** Whether rows of this batch time go nowhere (between two windows): a batch without effect then says nothing of the next one. */
  readonly passesOver?: (time: number) => boolean
}

/** Where the rows of a batch must be for an operator to work. none: anywhere; key: all rows of a key in one partition; whole: all rows in one partition. */
export type Distribution =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly numPartitions: number | undefined }
  | { readonly kind: 'whole' }
  | { readonly kind: 'spread'; readonly numPartitions: number }

/** Sees all rows of a batch (in its partition) at once. */
export interface BarrierNode extends NodeBase {
  readonly shape: 'barrier'
  readonly distribution: Distribution
  /** Present: the rows of parent 0 are pairs and are combined per key before `compute` sees them as `[key, combined]`; its shuffle combines on the map side where allowed. */
  readonly combiner: Combiner | undefined
  readonly stateful: Stateful | undefined
  /** Reads the state of this node, which runs before it in the same partition, and never writes it (stateSnapshots). Not with `stateful`. */
  readonly stateOf?: NarrowNode
  /** The rows that leave are pairs whose keys are those that came in: no new shuffle for the same number of partitions. */
  readonly keepsKeys: boolean
  /** Called whenever the stage runs at a time of `inputSlideMs` (rows of a parent that yields nothing at this time are empty), also between this node's own slides: a window collects. Returns its rows, or null when it yields no RDD at this time. */
  compute(inputs: readonly Rows[], context: OperatorContext): Rows | null
  /** What can be found wrong only with more than the graph at hand (a statement, by its database): called once when a job is planned, but not where it only receives. */
  prepare?(): void
  /** Looks on: called with what `compute` took and gave, until the function that it returns is called. For tests that compute the same otherwise. */
  observe?(see: (time: number, inputs: readonly Rows[], context: OperatorContext, rows: Rows) => void): () => void
  /** It does something in every batch, with or without input and from the first one on: the job begins before its first record. */
  readonly fromBeginning?: boolean
  /** Next batch time after `time` at which this node has something to do without input; null: none. `idle`: this batch had no input, changed nothing and put out nothing. */
  nextDue?(context: OperatorContext, batch: { readonly idle: boolean }): number | null
}

/** Where results leave. */
export interface OutputNode extends NodeBase {
  readonly shape: 'output'
  readonly distribution: Distribution
  readonly output: FilesOutput | { readonly kind: 'print'; readonly num: number } | PlotOutput | ForeachOutput | SinkOutput
}

/** Bytes of the committed entry. In Spark's layout `prefix-<TIME_IN_MS>[.suffix]/part-00000`; with `layout` or `partitionBy` a table's, `prefix/dt=.../<TIME>-00000.csv`. */
export interface FilesOutput {
  readonly kind: 'files'
  readonly prefix: string
  /** Of the directory, in Spark's layout. */
  readonly suffix: string
  readonly format: FileFormat
  readonly layout: Layout | undefined
  readonly partitionBy: PartitionBy | undefined
}

/** What of the rows the dashboard shows, small enough for the committed entry. */
export interface PlotOutput {
  readonly kind: 'plot'
  readonly shape: PlotShape
}

export interface ForeachOutput {
  readonly kind: 'foreach'
  readonly call: (rdd: Rdd<unknown>, batch: ForeachBatch) => void | Promise<void>
}

export interface SinkOutput {
  readonly kind: 'sink'
  readonly sink: Sink<unknown>
}

export interface ForeachBatch {
  readonly time: import('../values/time.ts').Time
  readonly partition: number
  readonly id: string
}

export type Node = InputNode | NarrowNode | BarrierNode | OutputNode | UnionNode

/** Rows of all parents, this first, then that. */
export interface UnionNode extends NodeBase {
  readonly shape: 'union'
}
