import type { DatabaseSync } from 'node:sqlite'
import type { Plan } from '../../plan/plan.ts'
import type { Ports } from '../../runtime/runtime.ts'
import type { BatchTable } from '../stores/batch-table.ts'
import type { StatePaths } from '../stores/state-paths.ts'
import type { RunFacts } from '../stores/run-state.ts'
import type { BatchRecorder } from './batch-recorder.ts'

/** A run as its web page sees it. */
export interface ShownRun {
  readonly plan: Plan
  readonly run: { readonly db: DatabaseSync; readonly ports: Ports; readonly facts: RunFacts; readonly paths: StatePaths }
  readonly table: BatchTable
  readonly recorder: BatchRecorder
  /** Seconds of stream time in a second; Infinity: as many as the machine can do. */
  readonly speed: number
  /** The job's file, and the folder of the state as it was named: for commands to copy. */
  readonly file: string | undefined
  readonly state: string
}

/** Shows a run as a web page, within the process that runs it: nobody else can read its state meanwhile. */
export interface RunPage {
  /** Returns the page's address; undefined: there is none. */
  open(run: ShownRun): Promise<string | undefined>
  /** A batch is finished, or something has failed. */
  changed(): void
  /** The run has ended, with an error or without; its state is closed next, and can be opened to read. */
  end(error: unknown): void | Promise<void>
}
