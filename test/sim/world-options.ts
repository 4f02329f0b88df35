import type { Fault } from './faults.ts'
import type { Deviation } from './processes.ts'
import type { Program } from './program.ts'

export interface WorldOptions {
  /** Exactly these faults; left out: a random subset. */
  readonly on?: readonly Fault[]
  /** How likely a request is to go wrong, for each way that is on; left out: 0.003 to 0.03. */
  readonly rate?: number
  readonly trace?: (line: string) => void
  /** Counts the deaths at each place. */
  readonly kills?: Kills
  /** Gets every place that a request came from; it asks each request for its stack, which makes a run a fifth longer. */
  readonly reached?: Reached
  /** Of all programs. */
  readonly program?: (intervalMs: number) => Program
  /** Left out: one of INTERVALS. */
  readonly intervalMs?: number
  readonly deviation?: Deviation
}

/** By place in lib where a port is called: how many processes died there. */
export type Kills = Map<string, number>
/** By place in lib where a port is called: the first request made there (see Deviation). */
export type Reached = Map<string, { readonly seed: number; readonly at: number }>
