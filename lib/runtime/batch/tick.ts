import { advance, type Finished } from './advance.ts'
import { isInBatch, partitionName, rowIn } from '../entries/allocate.ts'
import { batchHead, remember } from '../logs/batch-head.ts'
import type { BatchEntry } from '../entries/entry.ts'
import { count, noteBatch, timed, type BatchHead, type Invocation } from '../invocation.ts'
import { BATCH_LOG } from '../entries/log-names.ts'
import { isFinished } from '../entries/progress-names.ts'
import type { ProgressItem } from '../ports/progress.ts'
import { allocation, propose, type Proposal } from './propose.ts'
import { readyAt } from './ready.ts'
import { readInputs, type Inputs, type OpenRow } from './read-inputs.ts'
import { decide } from '../logs/read-log.ts'
import { BATCH_RESERVE_MS, MAX_DELAY_MS, STRAGGLER_MS } from '../settings.ts'
import { AGAIN_BY, RETRY, whyAgain } from './asked-again.ts'
import { AGAIN, patienceMs } from './straggler.ts'

/** Is a batch due? Allocates it and sees it through, as far as this process may; goes on until nothing is ready. `finished`: by this process, just now. */
export async function tick(run: Invocation, finished?: Finished): Promise<void> {
  let mine = finished !== undefined
  let nextAt: number | null = null
  // It was asked before its time, which may have come while its inputs were read: nobody else need know.
  let isEarly = false
  // What this process has just finished itself need not be read: should somebody else have gone on, the put tells.
  let own = finished
  let early: Inputs | null = null
  try {
    for (;;) {
      // In a lag the next batch is allocated and computed while this one is being closed.
      const ahead = own !== undefined && isLagging(run, own.batch.entry)
      if (!ahead) await own?.closed
      const head: BatchHead = own?.batch ?? (await timed(run, 'head', () => batchHead(run)))
      const progress: ProgressItem | null = own?.progress ?? (head.number < 0 ? null : await run.ports.progress.get(head.number))
      if (own === undefined && head.entry !== null && !isFinished(progress)) {
        run.observe({ event: 'unfinished', batch: head.number, time: head.entry.time, ageMs: run.now() - head.entry.at, records: head.entry.records })
        if (!(await resume(run, { number: head.number, entry: head.entry }, progress))) break
        mine = true
        continue
      }
      const askedAt = run.now()
      const found: Proposal | null = await timed(run, 'inputs', () => propose(run, head, progress, early))
      if (found === null) return
      nextAt = readyAt(found.time, run.settings.batchingWindowMs)
      isEarly = askedAt < nextAt
      if (!found.ready) break
      if (mine && run.deadline.remainingMs() < BATCH_RESERVE_MS) {
        await own?.closed
        await run.ports.messages.send({ kind: 'tick' }, 0)
        return
      }
      const entry = await allocation(run, head, progress, found, ahead ? own?.told : undefined)
      const decided = await timed(run, 'put', () => decide(run, { log: BATCH_LOG, n: head.number + 1 }, entry, { forever: head.number < 0 }))
      if (decided.mine) {
        const next = { number: head.number + 1, entry }
        remember(run, next)
        count(run, 'batches')
        noteBatch(run, next.number)
        run.observe({ event: 'allocated', quiet: true, batch: next.number, time: entry.time, records: found.records })
        countRemoved(run, next.entry, head.entry, found.rows)
        warnOfUnknown(run, found.rows)
        mine = true
        if (!isFollowed(run, found)) await lookIn(run, STRAGGLER_MS + 1_000)
        // In a lag its successor's inputs are read meanwhile, too. Read early they are no worse than read late: any prefix will do.
        const reading = isLagging(run, entry) ? readInputs(run, next, false).catch(() => null) : null
        const end = await advance(run, next, { progress: null, again: false, own: true, closing: own?.closed })
        early = await reading
        await own?.closed
        own = typeof end === 'string' ? undefined : end
        if (own === undefined) return
      } else {
        await own?.closed
        own = undefined
        early = null
      }
    }
    const inMs = Math.max(0, (nextAt ?? 0) - run.now())
    if (mine && isEarly && inMs < MAX_DELAY_MS) await run.ports.messages.send({ kind: 'tick' }, inMs)
  } finally {
    // However this ends, nothing is left running.
    await own?.closed
  }
}

/** Whether the batch after this one can be allocated at once. */
function isLagging(run: Invocation, { time }: BatchEntry): boolean {
  return readyAt(time + run.plan.intervalMs, run.settings.batchingWindowMs) <= run.now()
}

/** Sends a tick that looks after a batch, should whoever is at it die or be stuck, unless one comes before that. */
async function lookIn(run: Invocation, inMs: number): Promise<void> {
  const now = run.now()
  const { looksAtMs } = run.memory
  if (looksAtMs > now && looksAtMs <= now + inMs) return
  run.memory.looksAtMs = now + inMs
  await run.ports.messages.send({ kind: 'tick' }, inMs)
}

/** Whether more is waiting, for which receive has sent a tick: it will look after the batch before. */
function isFollowed(run: Invocation, { later }: Proposal): boolean {
  return later.some((time) => {
    const inMs = readyAt(time, run.settings.batchingWindowMs) - run.now()
    return inMs > 0 && inMs <= STRAGGLER_MS
  })
}

/** Takes up a batch that has rested for too long. Returns whether it is finished now. */
async function resume(run: Invocation, batch: { readonly number: number; readonly entry: BatchEntry }, progress: ProgressItem | null): Promise<boolean> {
  const rested = run.now() - Math.max(batch.entry.at, progress?.atMs ?? 0)
  const why = whyAgain(run, progress)
  const least = Math.min(STRAGGLER_MS, run.settings.taskTimeoutMs)
  const patience = rested <= least ? least : await patienceMs(run, batch, progress)
  if (why === null && rested <= patience) {
    await lookIn(run, patience - rested + 1_000)
    return false
  }
  // Remembers that it was taken up: whoever else has seen it rest loses here.
  count(run, 'writeUnits')
  const taken = await run.ports.progress.add(batch.number, {
    names: [],
    attributes: { [AGAIN]: run.now(), [AGAIN_BY]: run.deploy, [RETRY]: null, ...(why === 'skip' ? { failed: null } : {}) },
    atMs: run.now(),
    ifAtMs: progress?.atMs ?? 0,
    expiresAtMs: run.now() + run.settings.retentionMs,
  })
  if (taken === null) return false
  count(run, 'resumed')
  const end = await advance(run, batch, { progress: taken, again: true })
  if (typeof end === 'string') return false
  await end.closed
  return true
}

/** A new row that waits for all before it may come later than it should. */
function warnOfUnknown(run: Invocation, rows: readonly OpenRow[]): void {
  const unknown = rows.filter((row) => row.isNew && row.after === 'all')
  const [first] = unknown
  if (first === undefined) return
  const more = unknown.length > 1 ? ` and ${unknown.length - 1} more` : ''
  run.observe({
    event: 'warning',
    message: `nobody says whom shard ${partitionName(first)}${more} came from: it waits for all shards of its stream that were there before it, so its first records may be in later batches than they arrived for. The receive function needs the right kinesis:ListShards, and in a VPC an interface endpoint for kinesis-streams`,
  })
}

/** What came of streams that the program no longer reads is dropped, but not without a word. */
function countRemoved(run: Invocation, batch: BatchEntry, previous: BatchEntry | null, rows: readonly OpenRow[]): void {
  const streams = new Set(run.plan.inputs.map(({ stream }) => stream))
  for (const open of rows) {
    const row = rowIn(batch, open)
    if (streams.has(open.stream) || row === undefined) continue
    for (const [n, entry] of open.entries) {
      for (const block of entry.blocks) if (isInBatch(batch, previous, row, n, block.time)) count(run, 'rowsOfRemovedStreams', block.rows)
    }
  }
}
