import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { DeadLetterRef } from '../runtime/entries/entry.ts'
import type { SqliteLog } from './stores/sqlite-log.ts'
import { FIRST_PART, type RunPart } from './stores/run-state.ts'

/** What the logs of a run hold. */
export interface Audit {
  readonly records: number
  /** More records than there are numbers of lines up to the last one: each of them must have been taken twice. Whatever the program has become, 0 says that the logs show none. */
  readonly countedTwice: number
  readonly deadLetters: readonly DeadLetterRef[]
}

/** Reads the receiver and task logs of a run, those of runs that it continues left out. */
export function auditLogs(log: SqliteLog, part: RunPart = FIRST_PART): Audit {
  let records = 0
  let countedTwice = 0
  const deadLetters: DeadLetterRef[] = []
  const last = new Map<string, number>()
  const ofStream = new Map<string, { records: number; last: number; twice: number }>()
  for (const { name, n, bytes } of log.all()) {
    const [kind = '', stream = ''] = name.split('/')
    const isOwn = kind === 'rec' ? Number(name.slice(-12)) >= part.firstShard : kind === 'task' && n >= part.firstBatch
    if (!isOwn) continue
    const entry = decodeEntry(bytes, `entry ${name}#${n}`)
    if (entry.kind === 'receiver') {
      records += entry.records
      // A line's number is its sequence number: an entry cannot hold more records than there are numbers since the one before.
      const line = Number(entry.last.sequenceNumber)
      const sum = ofStream.get(stream) ?? { records: 0, last: 0, twice: 0 }
      sum.records += entry.records
      sum.last = Math.max(sum.last, line)
      sum.twice += Math.max(0, entry.records - (line - (last.get(name) ?? 0)))
      ofStream.set(stream, sum)
      last.set(name, line)
    }
    if ((entry.kind === 'receiver' || entry.kind === 'task') && entry.deadLetters !== null) deadLetters.push(entry.deadLetters)
  }
  for (const sum of ofStream.values()) countedTwice += Math.max(sum.twice, sum.records - sum.last, 0)
  return { records, countedTwice, deadLetters }
}
