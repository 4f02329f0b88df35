import { OperatorError } from '../../values/errors.ts'
import { computeTask } from '../../plan/compute-task.ts'
import type { TaskDraft, TaskRequest } from '../../plan/compute.ts'
import { decodeChanges, encodeChanges, type StateChanges } from '../../state/changes.ts'
import { NotLoaded } from '../../state/not-loaded.ts'
import type { PartitionState } from '../../state/partition-state.ts'
import type { Batch } from '../entries/batch.ts'
import { batchEntry, checkKeeps } from '../logs/batch-head.ts'
import { checkStateSize, TaskTooLarge } from './check-task-size.ts'
import { putDeadLetters } from '../logs/dead-letters.ts'
import type { TaskEntry, Told } from '../entries/entry.ts'
import { recordFailure } from './failure.ts'
import { keepBlocks, withLetters } from './keep-blocks.ts'
import { forgetSnapshots } from '../snapshot/forget-snapshots.ts'
import { count, noteBatch, timed, type CachedState, type Invocation } from '../invocation.ts'
import { taskLog, taskName } from '../entries/log-names.ts'
import { loadBuckets } from '../snapshot/load-buckets.ts'
import type { LogKey } from '../ports/log.ts'
import { DONE, DUE, LEFT } from '../entries/progress-names.ts'
import { skippedIn } from '../entries/skips.ts'
import type { ProgressItem } from '../ports/progress.ts'
import { publish } from './publish.ts'
import { decide, find, must, obey } from '../logs/read-log.ts'
import { inline, inlineBlocks, spill, type Piece } from '../logs/spill.ts'
import { observeTables } from '../logs/table-changes.ts'
import { commit, emptyState, keep, stateAfter } from './task-state.ts'
import { leftEntry } from './left-entry.ts'
import { isOfOther, partitionsFor, planOf, stageOf } from './plan-of-batch.ts'
import { leftBlock, readInput } from './task-input.ts'
import { leftBehind, movesOf, stateWithMoves, type MoveRequest } from './moved-state.ts'
import { writeSnapshot, type Snapshot } from '../snapshot/write-snapshot.ts'

export interface TaskRun {
  readonly batch: Batch
  readonly stage: string
  readonly partition: number
  /** Of the batch, as far as it is known: it says what is skipped. */
  readonly progress: ProgressItem | null
  /** The batch has rested: somebody else's entry is published once more. */
  readonly again: boolean
  /** This process has just allocated the batch: nobody else can be at it, and should one be, the put tells. */
  readonly own: boolean
  /** What this process has finished before it and not told: a failure tells it. */
  readonly before: Told
}

/** lost: somebody else is at it. failed: an operator threw, and that is written down. */
export type TaskEnd = Told | 'lost' | 'failed'

/** One partition of one stage of one batch: computed, committed by one put, published. Returns what is finished by that, which the caller tells. */
export async function runTask(run: Invocation, task: TaskRun): Promise<TaskEnd> {
  const { batch, stage, partition, again, before } = task
  obey(run, batch.entry)
  noteBatch(run, batch.number)
  const name = taskName(stage, partition)
  const key: LogKey = { log: taskLog(stage, partition), n: batch.number }
  run.observe({ event: 'task', quiet: true, batch: batch.number, stage, partition })
  try {
    let entry = task.own ? null : await timed(run, 'find', () => find(run, 'task', key, { consistent: true }))
    // Somebody else is at it, or died: that is for a tick to find out.
    if (entry !== null && !again) return 'lost'
    if (entry === null) {
      const decided = await compute(run, task, key)
      if (!decided.mine && !again) return 'lost'
      entry = decided.entry
    }
    obey(run, entry)
    const committed = entry
    const names = await timed(run, 'publish', () => publish(run, batch, { stage, partition, entry: committed, skip: skippedIn(batch.entry, task.progress) }))
    run.observe({ event: 'published', quiet: true, batch: batch.number, stage, partition, rowsOut: rowsOf(committed), changedKeys: committed.changedKeys })
    const leaves = isOfOther(run.plan, batch.entry) && committed.blocks.some((block) => leftBlock(run.plan, batch.entry, block, committed.gone) !== undefined)
    return { names: [name, ...names, ...(leaves ? [`${LEFT}${name}`] : [])], attributes: { [`${DUE}${name}`]: entry.nextDue, [`${DONE}${stage}`]: run.now() } }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    await recordFailure(run, batch, { task: name, told: before, error })
    return 'failed'
  }
}

/** Rows that left a task: to later stages, and to outputs. */
function rowsOf({ blocks, outputs }: TaskEntry): number {
  return [...blocks, ...outputs].reduce((sum, { rows }) => sum + rows, 0)
}

async function compute(run: Invocation, task: TaskRun, key: LogKey): Promise<{ readonly mine: boolean; readonly entry: TaskEntry }> {
  const { batch, partition } = task
  const beginMs = run.now()
  const previous = await batchEntry(run, batch.number - 1)
  const plan = planOf(run.plan, batch.entry)
  const stage = stageOf(plan, batch.entry, task.stage)
  if (stage === undefined) return decide(run, key, await leftEntry(run, { ...task, key, previous }))
  if (previous !== null) checkKeeps(run, previous, plan)
  const tables = await run.tables()
  for (const { output } of stage.outputs) if (output.kind === 'files') await output.format.load?.()
  const skip = skippedIn(batch.entry, task.progress)
  const read = await timed(run, 'input', () => readInput(run, { batch, previous, plan, stage, partition, skip })).catch((error: unknown) => {
    // The remedy that it names, more partitions, is there: the batch after this one takes the rows under them.
    if (error instanceof TaskTooLarge && partitionsFor(run.plan, error.operator) > stage.partitions) return null
    throw error
  })
  if (read === null) return decide(run, key, await leftEntry(run, { ...task, key, previous }))
  const { input, detours, left, removed } = read
  const had = previous?.tasks.some(([uid]) => uid === stage.uid) === true
  const moving: MoveRequest = { batch: batch.entry, plan, stage, partition, previous: previous && { number: batch.number - 1, entry: previous } }
  const moves = await movesOf(run, moving)
  const isMoved = Object.keys(moves).length > 0
  const request: TaskRequest = {
    stage: stage.uid,
    partition,
    time: batch.entry.time,
    previousTime: previous?.time ?? 0,
    input,
    ...(detours.length === 0 ? {} : { detours }),
    skip,
    maxTaskBytes: run.settings.maxTaskBytes,
  }
  let moved: Promise<CachedState> | undefined
  const before = (): Promise<CachedState> | CachedState =>
    isMoved
      ? (moved ??= timed(run, 'state', () => stateWithMoves(run, moving, moves)))
      : had
        ? timed(run, 'state', () => stateAfter(run, stage.uid, partition, batch.number - 1))
        : emptyState(run, batch.number - 1)
  const { cached, draft } = await computeOn(run, {
    before,
    compute: (state, refused) => computeTask(plan, { ...request, refused }, state, tables),
    skip,
    n: key.n,
  })
  run.observe({ event: 'computed', batch: batch.number, stage: stage.uid, partition })
  const stale = isMoved ? [] : await leftBehind(run, moving, cached.state)
  const changes = [...decodeChanges(draft.changes), ...stale]
  const changeBytes = stale.length === 0 ? draft.changes : encodeChanges(changes)
  const id = run.newId()
  const leftOut = await keepBlocks(run, { key, id, time: batch.entry.time, left })
  const tailBytes = cached.tailBytes + changeBytes.length
  const last = { ref: cached.snapshot, state: cached.state }
  // A state that was taken over is in no entry: the snapshot has it.
  const due = isMoved || batch.entry.full || batch.number - (last.ref?.entry ?? -1) >= run.settings.tailEntries || tailBytes > run.settings.tailBytes
  const snapshot = due ? await timed(run, 'snapshot', () => writeSnapshot(run, { ...key, id }, cached, changes)) : undefined

  const rowsIn = [...input.values(), ...detours.map(({ rows }) => rows)].reduce((sum, rows) => sum + rows.length, 0)
  const after = { state: snapshot?.state ?? cached.state, tailBytes: snapshot === undefined ? tailBytes : 0 }
  const figures = [run.now() - beginMs, rowsIn, bytesOf(after)] as const
  const entry = await timed(run, 'put', () =>
    store(run, key, {
      id,
      draft: { ...draft, ...withLetters(draft, leftOut), changes: changeBytes },
      removed,
      snapshot: snapshot?.ref ?? last.ref,
      tailBytes: after.tailBytes,
      figures,
    }),
  )
  const decided = await timed(run, 'put', () => decide(run, key, entry))
  if (decided.mine) {
    adopt(run, key, { cached, entry: decided.entry, changes, snapshot })
    run.observe({
      event: 'committed',
      quiet: true,
      batch: batch.number,
      stage: stage.uid,
      partition,
      rowsIn,
      keys: cached.state.keys,
      stateBytes: bytesOf(cached),
    })
    const [before] = had && Object.keys(entry.tables).length > 0 ? await must(run, 'task', [{ log: key.log, n: key.n - 1 }]) : []
    observeTables(run, key, before?.tables ?? {}, entry.tables)
    // Around a deploy nothing is deleted: tasks that take a state over may be behind. What is left over goes with a later snapshot.
    const isSettled = run.plan.shape === batch.entry.shape && previous?.shape === batch.entry.shape
    if (snapshot !== undefined && isSettled) await forgetSnapshots(run, key.log, snapshot, last, neededEntry(batch.entry, stage.uid))
  }
  run.memory.buckets.trim()
  return decided
}

/** The last entry of a stage's logs that has the state of operators which are away; -1: none are. */
function neededEntry({ homes = {} }: Batch['entry'], stage: string): number {
  return Math.max(-1, ...Object.values(homes).map((home) => (home.stage === stage ? home.entry : -1)))
}

interface Computation {
  /** The state after entry n - 1, which another invocation may move on at any await. */
  readonly before: () => Promise<CachedState> | CachedState
  /** `refused`: operators that are left out, since what they want of their state is too much. */
  readonly compute: (state: PartitionState, refused: ReadonlyMap<string, Error>) => TaskDraft
  readonly skip: ReadonlySet<string>
  readonly n: number
}

/** Computes on the state before entry n. What it finds missing of the state is loaded, and it is computed anew: which keys a program asks for, only the program knows. */
async function computeOn(
  run: Invocation,
  { before, compute: draftOn, skip, n }: Computation,
): Promise<{ readonly cached: CachedState; readonly draft: TaskDraft }> {
  const refused = new Map<string, Error>()
  for (;;) {
    const cached = await before()
    if (cached.entry !== n - 1) continue
    const { state } = cached
    try {
      // Nothing is awaited within. If the state moves later on, somebody else has committed entry n, and this attempt loses.
      return { cached, draft: draftOn(state, refused) }
    } catch (error) {
      if (!(error instanceof NotLoaded)) throw error
      count(run, 'loads')
      const missing = [...state.missing]
      try {
        checkStateSize(run, state, missing)
      } catch (tooLarge) {
        if (!(tooLarge instanceof OperatorError) || !skip.has(tooLarge.operator) || refused.has(tooLarge.operator)) throw tooLarge
        refused.set(tooLarge.operator, tooLarge)
        continue
      }
      await timed(run, 'load', () => loadBuckets(run, missing, state.buckets()))
    }
  }
}

/** Of a state: its snapshot, and the changes since. */
function bytesOf({ state, tailBytes }: Pick<CachedState, 'state' | 'tailBytes'>): number {
  let sum = tailBytes
  for (const { place } of state.buckets()) sum += place.length
  return sum
}

interface Adoption {
  readonly cached: CachedState
  readonly entry: TaskEntry
  readonly changes: StateChanges
  readonly snapshot: Snapshot | undefined
}

function adopt(run: Invocation, key: LogKey, { cached, entry, changes, snapshot }: Adoption): void {
  commit(cached, key.n, entry, changes, snapshot)
  for (const bucket of snapshot?.state.buckets() ?? []) if (bucket.isInMemory) run.memory.buckets.note(bucket)
  keep(run, key.log, cached)
}

interface Stored {
  readonly id: string
  readonly draft: TaskDraft
  readonly snapshot: TaskEntry['snapshot']
  readonly tailBytes: number
  readonly figures: NonNullable<TaskEntry['figures']>
  readonly removed: Readonly<Record<string, number>>
}

/** Puts what must be there before the entry, and returns the entry. */
async function store(run: Invocation, key: LogKey, { id, draft, snapshot, tailBytes, figures, removed }: Stored): Promise<TaskEntry> {
  const entry: TaskEntry = {
    kind: 'task',
    deploy: run.deploy,
    id,
    at: run.now(),
    changes: inline(draft.changes),
    changedKeys: draft.changedKeys,
    blocks: inlineBlocks(draft.blocks),
    outputs: draft.outputs.map((output) => ({ ...output, data: inline(output.data) })),
    nextDue: draft.nextDue,
    snapshot,
    tailBytes,
    deadLetters: await putDeadLetters(run, key, id, draft.deadLetters),
    skipped: draft.skipped,
    gone: false,
    tables: draft.tables,
    ...(Object.keys(removed).length === 0 ? {} : { removed }),
    figures,
  }
  const pieces: readonly Piece[] = [
    { data: entry.changes, whole: false },
    ...entry.blocks.map(({ data }) => ({ data, whole: false })),
    ...entry.outputs.map(({ kind, data }) => ({ data, whole: kind === 'file' })),
  ]
  const moved = await spill(run, key, entry, pieces)
  if (moved.size === 0) return entry
  const where = (data: TaskEntry['changes']): TaskEntry['changes'] => moved.get(data) ?? data
  return {
    ...entry,
    changes: where(entry.changes),
    blocks: entry.blocks.map((block) => ({ ...block, data: where(block.data) })),
    outputs: entry.outputs.map((output) => ({ ...output, data: where(output.data) })),
  }
}
