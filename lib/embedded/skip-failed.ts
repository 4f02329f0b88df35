import { existsSync } from 'node:fs'
import { MillraceError } from '../values/errors.ts'
import type { Job } from '../program/job.ts'
import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import { failureOf, type Failure } from '../runtime/task/failure.ts'
import { BATCH_LOG } from '../runtime/entries/log-names.ts'
import { openDatabase } from './stores/open-database.ts'
import { heldUntil, skipOf } from '../runtime/entries/skips.ts'
import { partName } from './inputs/open-sources.ts'
import { FIRST_PART, RunState, type RunFacts, type RunWishes } from './stores/run-state.ts'
import { SqliteLog } from './stores/sqlite-log.ts'
import { SqliteProgress } from './stores/sqlite-progress.ts'
import { statePaths } from './stores/state-paths.ts'
import { isFinished } from '../runtime/entries/progress-names.ts'

export interface Skipped {
  /** Of the batch. */
  readonly timeMs: number
  /** Until then windows hold rows of the batch; undefined: there is no window. */
  readonly heldUntilMs: number | undefined
  readonly failure: Failure
  readonly facts: RunFacts
  readonly wishes: RunWishes | undefined
  /** Standard inputs of which only a beginning is kept: their rest must be given again. */
  readonly unread: readonly string[]
}

/** Leaves the operator that stopped a run out of the batch that it stopped: the next start goes on without it. */
export async function skipFailed(job: Job, state: string, untilMs?: number): Promise<Skipped> {
  const { database } = statePaths(state, job.name)
  if (!existsSync(database))
    throw new MillraceError(
      'USAGE',
      `there is no state of job '${job.name}' in ${state}: nothing has stopped; if the run has another state, name it with --state DIR`,
    )
  const db = openDatabase(database)
  try {
    const run = new RunState(db)
    const progress = new SqliteProgress(db)
    const { facts } = run
    const newest = await new SqliteLog(db).newest(BATCH_LOG)
    const batch = newest?.n
    const item = batch === undefined ? null : await progress.get(batch)
    const failure = failureOf(item)
    if (newest === null || batch === undefined || facts === undefined || item === null || failure === null || isFinished(item)) {
      throw new MillraceError('USAGE', `no batch of job '${job.name}' has failed: there is nothing to skip; millrace run goes on with it`)
    }
    const entry = decodeEntry(newest.bytes, `entry ${BATCH_LOG}#${batch}`)
    if (entry.kind !== 'batch') throw new MillraceError('CORRUPT_ENTRY', `entry ${BATCH_LOG}#${batch} is of kind ${entry.kind}`)
    await progress.add(batch, { ...skipOf(failure.operator, entry, untilMs), atMs: item.atMs, expiresAtMs: null })
    const unread = Object.entries(facts.inputs).flatMap(([stream, [file]]) =>
      file?.path === '-' && !run.isWhole(partName(stream, facts.part ?? FIRST_PART)) ? [stream] : [],
    )
    return { timeMs: entry.time, heldUntilMs: heldUntil(entry, failure.operator), failure, facts, wishes: run.wishes, unread }
  } finally {
    db.close()
  }
}
