import type { Dashboard } from '../dstream/dashboard.ts'
import type { Combiner, InputNode, Node, OutputNode } from '../dstream/node.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { StreamingListener } from '../program/streaming-listener.ts'

/** One input of a node. */
export interface StageNode {
  readonly node: Node
  readonly input: number
}

/** Rows that change their partition between stages. */
export interface Exchange {
  /** Names its readers (exchange-name.ts), so nothing that is put before them changes it. */
  readonly uid: string
  /** As blocks of before version 0.2 name it, but for partitions and level. */
  readonly stem: string
  /** Stage uid of the readers, and their number. */
  readonly to: string
  readonly partitions: number
  /** Streams whose receivers write it, and stages whose tasks write it. */
  readonly fromStreams: readonly string[]
  readonly fromStages: readonly string[]
  /** Whose rows they are, who takes them, and how they are spread. */
  readonly from: Node
  readonly readers: readonly StageNode[]
  readonly spread: 'key' | 'whole' | 'source' | 'spread'
  /** Of `key`: all of its readers fail on what is no pair. */
  readonly pairsOnly: boolean
  /** Present: rows are combined per key before they cross, for their only reader; a row `[key, undefined, values]` could not be. */
  readonly combiner: Combiner | undefined
}

/** One task per partition and batch. */
export interface Stage {
  /** Names its task logs: `task/<uid>/<r>`. */
  readonly uid: string
  readonly partitions: number
  /** Exchanges it reads, in the order in which their rows are read. */
  readonly reads: readonly Exchange[]
  readonly outputs: readonly OutputNode[]
  /** All of its nodes, parents before children. */
  readonly nodes: readonly Node[]
}

/** What a program is to the runtime: immutable, the same in every process that planned the same program. */
export interface Plan {
  readonly name: string
  readonly intervalMs: number
  readonly onError: 'dead-letter' | 'fail'
  /** Records of one input partition that a batch takes, in whole receiver-log entries; Infinity: no bound. */
  readonly maxRecords: number
  readonly inputs: readonly InputNode[]
  /** In the order in which they run. */
  readonly stages: readonly Stage[]
  readonly exchanges: readonly Exchange[]
  readonly tables: readonly StaticTable[]
  readonly listeners: readonly StreamingListener[]
  readonly dashboard: Dashboard | undefined
  /** Nodes whose rows of a key are all in one partition. */
  readonly keyed: ReadonlySet<Node>
  /** Of operators that look for their oldest keys: how their values are ordered. */
  readonly ranks: ReadonlyMap<string, (value: unknown) => number>
  /** The stable uid of every node. */
  readonly uids: ReadonlyMap<Node, string>
  /** Operator uid to what must not change while its state exists: kind, stage, partitions, interval, window, slide. */
  readonly keeps: Readonly<Record<string, string>>
  /** Operators whose states are `[state, last update]`. */
  readonly timed: readonly string[]
  /** Node to a name that nothing put before it changes: see ReaderName. */
  readonly lasting: ReadonlyMap<Node, string>
  /** Stands in batch entries: numbers of partitions, and what its stages read. Programs with the same compute each other's tasks. */
  readonly shape: string
  /** The same program with the numbers of partitions of another shape. */
  reshape(shape: string): Plan
  /** A hash of everything that decides results but the users' functions; embedded mode raises the deploy number when it changes. */
  readonly fingerprint: string
}
