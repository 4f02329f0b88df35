import type { Plan } from '../../plan/plan.ts'
import { MillraceError } from '../../values/errors.ts'
import { decodeEntry } from '../entries/entry-codec.ts'
import type { BatchEntry } from '../entries/entry.ts'
import type { BatchHead, Invocation } from '../invocation.ts'
import { BATCH_LOG } from '../entries/log-names.ts'
import { must, obey, readOn } from './read-log.ts'
import { CACHE_AGE_MS } from '../settings.ts'

/** Returns the newest batch, strongly consistent: from the remembered one on. */
export async function batchHead(run: Invocation): Promise<BatchHead> {
  const known = run.memory.batch
  let head: BatchHead = known ?? { number: -1, entry: null }
  if (known === null || run.now() - known.readAtMs > maxAge(run)) {
    const newest = await run.ports.log.newest(BATCH_LOG)
    head =
      newest === null
        ? { number: -1, entry: null }
        : { number: newest.n, entry: asBatch(decodeEntry(newest.bytes, `entry ${BATCH_LOG}#${newest.n}`), newest.n) }
    if (head.entry !== null && run.now() - head.entry.at > run.settings.retentionMs) {
      throw new MillraceError(
        'MISSING_ENTRY',
        `the newest batch ${head.number} is older than the retention of ${run.settings.retentionMs / 86_400_000} days, so what it builds on may have expired: a job that slept that long is not taken up again. Start it under another job name, or with another table`,
      )
    }
  }
  const [later = []] = await readOn(run, 'batch', [{ log: BATCH_LOG, from: head.number + 1 }], { consistent: true, ahead: 1 })
  const last = later.at(-1)
  if (last !== undefined) head = { number: head.number + later.length, entry: last }
  remember(run, head)
  if (head.entry !== null) obey(run, head.entry)
  return head
}

export function remember(run: Invocation, head: BatchHead): void {
  if (run.memory.batch === null || run.memory.batch.number <= head.number) run.memory.batch = { ...head, readAtMs: run.now() }
}

/** Returns batch k; null for k = -1, when there was nothing yet. */
export async function batchEntry(run: Invocation, k: number): Promise<BatchEntry | null> {
  if (k < 0) return null
  const [entry] = await must(run, 'batch', [{ log: BATCH_LOG, n: k }])
  return entry ?? null
}

/** What a program asks of the state that exists: refused before anything is committed under it. */
export function checkKeeps(run: Invocation, entry: BatchEntry, plan: Plan = run.plan): void {
  for (const [uid, wanted] of Object.entries(plan.keeps)) {
    const kept = entry.keeps[uid]
    if (kept !== undefined && !isAlike(kept, wanted)) {
      throw new MillraceError(
        'INCOMPATIBLE_STATE',
        `operator '${uid}' of job '${run.plan.name}' has state made with ${kept}, and this program wants ${wanted}: kind, interval, window and slide cannot change while its state exists. Give it another uid (it then starts empty), or deploy the program as it was`,
      )
    }
  }
}

/** Where it is may differ: state moves. Entries of before 0.2 do not know of what kind an operator is. */
function isAlike(kept: string, wanted: string): boolean {
  const [was, is] = [kept, wanted].map((text) => JSON.parse(text) as Record<string, unknown>)
  return Object.keys({ ...was, ...is }).every(
    (name) => was?.[name] === is?.[name] || /^(stage|numPartitions)$/.test(name) || (/^(kind|form)$/.test(name) && was?.[name] === undefined),
  )
}

export function maxAge(run: Invocation): number {
  return Math.min(CACHE_AGE_MS, run.settings.retentionMs / 8)
}

function asBatch(entry: { readonly kind: string }, n: number): BatchEntry {
  if (entry.kind !== 'batch')
    throw new MillraceError('CORRUPT_ENTRY', `entry ${BATCH_LOG}#${n} is of kind '${entry.kind}' and must be 'batch': something else has written there`)
  return entry as BatchEntry
}
