import type { Fault } from './faults.ts'
import type { Deviation } from './processes.ts'
import type { Program } from './program.ts'

export interface WorldOptions {
  /** Exactly these faults; left out: a random subset. */
  readonly on?: readonly Fault[]
  /** How likely a request is to go wrong, for each way that is on; left out: 0.003 to 0.03. */
  readonly rate?: number
  readonly trace?: (line: string) => void
  readonly sites?: Sites
  /** Of all programs. */
  readonly program?: (intervalMs: number) => Program
  /** Left out: one of INTERVALS. */
  readonly intervalMs?: number
  readonly deviation?: Deviation
}

/** A place in lib where a port is called: how often that happened, how often the process died of it, and the first request made there (see Deviation). */
export interface Site {
  readonly calls: number
  readonly kills: number
  readonly first: { readonly seed: number; readonly at: number }
}
export type Sites = Map<string, Site>
