import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { DeadLetterRef } from '../runtime/entries/entry.ts'
import type { SqliteLog } from './stores/sqlite-log.ts'

/** What the logs of a run hold. */
export interface Audit {
  readonly records: number
  readonly deadLetters: readonly DeadLetterRef[]
}

/** Reads all receiver and task logs of a run. */
export function auditLogs(log: SqliteLog): Audit {
  let records = 0
  const deadLetters: DeadLetterRef[] = []
  for (const { name, n, bytes } of log.all()) {
    if (!name.startsWith('rec/') && !name.startsWith('task/')) continue
    const entry = decodeEntry(bytes, `entry ${name}#${n}`)
    if (entry.kind === 'receiver') records += entry.records
    if ((entry.kind === 'receiver' || entry.kind === 'task') && entry.deadLetters !== null) deadLetters.push(entry.deadLetters)
  }
  return { records, deadLetters }
}
