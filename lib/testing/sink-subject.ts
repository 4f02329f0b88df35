import type { Sink } from '../dstream/sink.ts'

/** What the contract writes: pairs of a text and a whole number. */
export type SinkRow = readonly [key: string, value: number]

/** Where a process meets its fate: at its n-th message, either way, counted from 1. die: its connections are gone before the message gets through. pause: it stands still until it is told to go on. */
export interface SinkFault {
  readonly at: number
  readonly what: 'die' | 'pause'
}

/** A sink as one process has it, with connections of its own. */
export interface SinkProcess {
  readonly sink: Sink<SinkRow>
  /** Whether it has come to its fault. */
  reached(): boolean
  /** A paused one goes on. */
  resume(): void
  close(): Promise<void>
}

/** A new, empty target: a table, a topic. */
export interface SinkTarget {
  /** `name`: of the sink, another than its target's. */
  open(options?: { readonly fault?: SinkFault; readonly name?: string }): Promise<SinkProcess>
  /** Returns what readers see, in any order. */
  read(): Promise<readonly SinkRow[]>
}

/** A kind of sink, for `sinkCases`. */
export interface SinkSubject {
  /** all: each row that was written; newest: of each key the row of the newest batch. Of a sink that is at least once, rows may be there more than once. */
  readonly keeps: 'all' | 'newest'
  readonly guarantee: Sink<SinkRow>['guarantee']
  /** It is written to, and knows of other sinks by their names (append). @default true, unless it keeps the newest */
  readonly several?: boolean
  target(): Promise<SinkTarget>
}

/** One demand that every sink meets. `run` throws where this one does not. */
export interface SinkCase {
  readonly name: string
  run(subject: SinkSubject): Promise<void>
}
