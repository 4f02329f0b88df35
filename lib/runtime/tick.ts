import { batchHead, checkKeeps, remember } from './batch-head.ts'
import { effectiveTime, isInBatch, rowIn } from './allocate.ts'
import { advance } from './advance.ts'
import type { BatchEntry, Row } from './entry.ts'
import { failureOf } from './failure.ts'
import { count, noteBatch, timed, type BatchHead, type Invocation } from './invocation.ts'
import { BATCH_LOG, receiverLog } from './log-names.ts'
import type { ProgressItem } from './progress.ts'
import { isReady, readyAt } from './ready.ts'
import { readInputs, waitingBlocks, type OpenRow } from './read-inputs.ts'
import { decide, must } from './read-log.ts'
import { BATCH_RESERVE_MS, MAX_DELAY_MS } from './settings.ts'

/** The attribute of progress that says when a task is due next. */
export const DUE = 'due/'

/** Is a batch due? Allocates it and sees it through, as far as this process may; goes on until nothing is ready. `worked`: this process has just finished one. */
export async function tick(run: Invocation, worked: boolean): Promise<void> {
  let mine = worked
  let nextAt: number | null = null
  for (;;) {
    const head = await timed(run, 'head', () => batchHead(run))
    const progress = head.number < 0 ? null : await run.ports.progress.get(head.number)
    if (head.entry !== null && progress?.names.has('finish') !== true) {
      run.observe({ event: 'unfinished', batch: head.number, time: head.entry.time, ageMs: run.now() - head.entry.at })
      if (!(await resume(run, { number: head.number, entry: head.entry }, progress))) break
      mine = true
      continue
    }
    const found = await timed(run, 'inputs', () => propose(run, head, progress))
    if (found === null) return
    nextAt = readyAt(found.time, run.settings.batchingWindowMs)
    if (!found.ready) break
    if (mine && run.deadline.remainingMs() < BATCH_RESERVE_MS) {
      await run.ports.messages.send({ kind: 'tick' }, 0)
      return
    }
    const entry = await allocation(run, head, found)
    const decided = await timed(run, 'put', () => decide(run, { log: BATCH_LOG, n: head.number + 1 }, entry, { forever: head.number < 0 }))
    if (!decided.mine) continue
    const next = { number: head.number + 1, entry }
    remember(run, next)
    count(run, 'batches')
    noteBatch(run, next.number)
    countRemoved(run, next.entry, head.entry, found.rows)
    mine = true
    if ((await advance(run, next, { progress: null, again: false })) !== 'finished') return
  }
  const inMs = (nextAt ?? 0) - run.now()
  if (mine && nextAt !== null && inMs > 0 && inMs < MAX_DELAY_MS) await run.ports.messages.send({ kind: 'tick' }, inMs)
}

/** Takes up a batch that has rested for longer than a task may take. Returns whether it is finished now. */
async function resume(run: Invocation, batch: { readonly number: number; readonly entry: BatchEntry }, progress: ProgressItem | null): Promise<boolean> {
  const failure = failureOf(progress)
  const rested = run.now() - Math.max(batch.entry.at, progress?.atMs ?? 0)
  // Skipped on command: that need not wait.
  const commanded = failure !== null && progress?.names.has(`skip/${failure.operator}`) === true
  if (rested <= run.settings.taskTimeoutMs && !commanded) return false
  // Remembers that it was taken up: whoever else has seen it rest loses here.
  count(run, 'writeUnits')
  const taken = await run.ports.progress.add(batch.number, {
    names: [],
    attributes: commanded ? { failed: null } : {},
    atMs: run.now(),
    ifAtMs: progress?.atMs ?? 0,
    expiresAtMs: run.now() + run.settings.retentionMs,
  })
  if (taken === null) return false
  count(run, 'resumed')
  return (await advance(run, batch, { progress: taken, again: true })) === 'finished'
}

interface Proposal {
  readonly time: number
  readonly ready: boolean
  readonly full: boolean
  readonly rows: readonly OpenRow[]
  readonly inputs: number
}

/** What the next batch would be; null when nothing at all is due. */
async function propose(run: Invocation, head: BatchHead, progress: ProgressItem | null): Promise<Proposal | null> {
  const { rows, inputs } = await readInputs(run, head)
  const now = run.now()
  const { intervalMs } = run.plan
  const { entry } = head
  const times: number[] = []
  // Batch times lie on this program's grid, whatever interval the last batch and the blocks were made with: operators are due on it.
  const next = entry === null ? 0 : (Math.floor(entry.time / intervalMs) + 1) * intervalMs
  let oldest: { readonly at: number; readonly time: number } | null = null
  for (const block of waitingBlocks(head, rows)) {
    const effective = effectiveTime(block.row, block.time)
    // A late block comes in the next batch there is.
    const time = Math.max(next, Math.ceil(effective / intervalMs) * intervalMs)
    times.push(time)
    if (oldest === null || time < oldest.time) oldest = { at: block.entry.at, time }
  }
  const renewAt = (entry?.fullAt ?? now) + run.settings.retentionMs / 3
  if (entry !== null) {
    for (const [name, due] of progress?.attributes ?? [])
      if (name.startsWith(DUE) && typeof due === 'number') times.push(Math.max(next, Math.ceil(due / intervalMs) * intervalMs))
    times.push(Math.max(next, (Math.floor(renewAt / intervalMs) + 1) * intervalMs))
  }
  if (times.length === 0) return null
  const time = times.reduce((a, b) => Math.min(a, b))
  const ends = rows.flatMap((row) => row.entries.get(row.to) ?? [])
  return {
    time,
    ready: isReady({ time, now, batchingWindowMs: run.settings.batchingWindowMs, ends, oldest }),
    full: entry === null || now >= renewAt,
    rows,
    inputs,
  }
}

async function allocation(run: Invocation, head: BatchHead, { time, full, rows, inputs }: Proposal): Promise<BatchEntry> {
  if (head.entry !== null) checkKeeps(run, head.entry)
  const lasts = full ? rows.filter((row) => row.to >= 0 && row.last === null) : []
  const ends = await must(
    run,
    'receiver',
    lasts.map((row) => ({ log: receiverLog(row.stream, row.shard), n: row.to })),
  )
  lasts.forEach((row, i) => (row.last = ends[i]?.last ?? null))
  const now = run.now()
  return {
    kind: 'batch',
    deploy: run.deploy,
    id: run.newId(),
    at: now,
    time,
    tasks: run.plan.stages.map((stage) => [stage.uid, stage.partitions] as const),
    inputs,
    full,
    fullAt: full ? now : (head.entry?.fullAt ?? now),
    rows: rows.map((row): Row => ({ stream: row.stream, shard: row.shard, from: firstWaiting(row, time), to: row.to, floor: row.floor, last: row.last })),
    keeps: { ...head.entry?.keeps, ...run.plan.keeps },
  }
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

/** The first entry with a block that this batch leaves to a later one. */
function firstWaiting(row: OpenRow, time: number): number {
  let from = row.to + 1
  for (const [n, entry] of row.entries) if (n < from && entry.times.some((blockTime) => effectiveTime(row, blockTime) > time)) from = n
  return from
}
