import { BATCH_LOG } from '../runtime/entries/log-names.ts'
import type { Log } from '../runtime/ports/log.ts'
import { EntryReader } from './entry-reader.ts'

/** Returns the id of a job's first batch entry, which tells its runs apart; null: there is none yet. */
export async function firstEntryId(log: Log): Promise<string | null> {
  return (await new EntryReader(log).get('batch', { log: BATCH_LOG, n: 0 }))?.id ?? null
}
