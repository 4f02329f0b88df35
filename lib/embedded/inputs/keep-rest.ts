import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordSource } from './record-source.ts'

/** A pipe that is open and silent for longer may never end. */
const PATIENCE_MS = 1_000

/** Reads standard inputs to their ends, so that a run which stops goes on later without them; gives up when they do not end. */
export async function keepRest(sources: readonly RecordSource[]): Promise<void> {
  const stop = new AbortController()
  const patience = sleep(PATIENCE_MS, undefined, { signal: stop.signal }).catch(() => undefined)
  // Why a line could not be kept is not why the run stops.
  const all = Promise.allSettled(sources.map((source) => source.readOut()))
  await Promise.race([all, patience])
  stop.abort()
}
