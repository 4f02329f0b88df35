import { ASIDE } from '../../dstream/panes.ts'
import { partitionOfRow } from '../../plan/sinks.ts'
import type { Plan, Stage } from '../../plan/plan.ts'
import { decodeChanges, type GroupChanges, type OperatorChanges, type StateChanges } from '../../state/changes.ts'
import { NOT_LOADED } from '../../state/not-loaded.ts'
import { PartitionState } from '../../state/partition-state.ts'
import { hashKey, partitionOf, type Key } from '../../values/key.ts'
import type { BatchEntry, StateHome, TaskEntry } from '../entries/entry.ts'
import { taskLog } from '../entries/log-names.ts'
import { homeOf } from '../entries/state-homes.ts'
import { count, type CachedState, type Invocation } from '../invocation.ts'
import { must, obey } from '../logs/read-log.ts'
import { readBytes } from '../logs/spill.ts'
import { loadBuckets } from '../snapshot/load-buckets.ts'
import { readSnapshot } from '../snapshot/read-snapshot.ts'

/** Operators whose state a task has to take over from where it was, by uid. */
export type Moves = Readonly<Record<string, StateHome>>

/** Entries are sure to be there for this share of the retention: of those since a snapshot the oldest may be a third of it old. */
const SURE = 0.6

export interface MoveRequest {
  readonly batch: BatchEntry
  readonly plan: Plan
  readonly stage: Stage
  readonly partition: number
  /** The batch before, of whose state this one goes on. */
  readonly previous: { readonly number: number; readonly entry: BatchEntry } | null
}

/** Returns which operators of a task have their state elsewhere: a deploy has changed their stage or its partitions, or they were absent for a while. */
export async function movesOf(run: Invocation, { batch, plan, stage, partition, previous }: MoveRequest): Promise<Moves> {
  if (previous === null) return {}
  const moves: Record<string, StateHome> = {}
  for (const node of stage.nodes) {
    const uid = plan.uids.get(node) ?? ''
    // A batch that another program cut may have it elsewhere: there it stays for this batch.
    if (plan.keeps[uid] === undefined || stageIn(batch, uid) !== stage.uid) continue
    const home = homeOf(previous.entry, previous.number, uid)
    if (home === undefined) continue
    if (home.entry < previous.number && batch.at - home.atMs > run.settings.retentionMs * SURE) {
      if (partition === 0)
        run.observe({
          event: 'warning',
          message: `operator '${uid}' was away for ${Math.round((batch.at - home.atMs) / 86_400_000)} days, and what the log says of its state may have expired: it begins anew`,
        })
      continue
    }
    if (home.stage !== stage.uid || home.entry < previous.number) moves[uid] = home
    else {
      const [own] = await must(run, 'task', [{ log: taskLog(stage.uid, partition), n: previous.number }])
      const unmoved = own?.unmoved?.[uid]
      if (unmoved !== undefined) moves[uid] = unmoved
    }
  }
  return moves
}

/** Returns changes that forget what is left of states that tasks of another stage have taken over. */
export async function leftBehind(
  run: Invocation,
  { batch, stage, previous }: Pick<MoveRequest, 'batch' | 'stage' | 'previous'>,
  state: PartitionState,
): Promise<StateChanges> {
  if (previous === null) return []
  const left: OperatorChanges[] = []
  for (const uid of state.operators()) {
    const home = homeOf(previous.entry, previous.number, uid)
    const groups = [...(state.table(uid)?.groups.keys() ?? [])]
    if (home === undefined || home.stage === stage.uid || stageIn(batch, uid) === stage.uid || home.entry < previous.number) continue
    const logs = Array.from({ length: home.partitions }, (_, q) => ({ log: taskLog(home.stage, q), n: home.entry }))
    if ((await must(run, 'task', logs)).some(({ unmoved }) => unmoved?.[uid] !== undefined)) continue
    left.push({ operator: uid, groups: groups.map((group) => ({ group, dropped: true, deletes: [], puts: [], size: 0 })) })
  }
  return left
}

function stageIn({ keeps }: BatchEntry, uid: string): string | undefined {
  const kept = keeps[uid]
  return kept === undefined ? undefined : (JSON.parse(kept) as { readonly stage: string }).stage
}

/** Returns the state of a task before a batch together with what it takes over: not remembered, and on no entry yet. All of it is in memory: of each old partition one after the other, then what is this partition's. */
export async function stateWithMoves(run: Invocation, { plan, stage, partition, previous }: MoveRequest, moves: Moves): Promise<CachedState> {
  const k = previous?.number ?? -1
  const had = previous?.entry.tasks.some(([uid]) => uid === stage.uid) === true
  const base = had ? await freshState(run, taskLog(stage.uid, partition), k) : { state: PartitionState.empty(plan), entry: undefined }
  const { state } = base
  for (const [uid, home] of Object.entries(moves)) {
    const groups = await groupsOf(run, { plan, stage, partition, uid, home })
    const stale = [...(state.table(uid)?.groups.keys() ?? [])].filter((group) => !groups.has(group))
    const changes: OperatorChanges = {
      operator: uid,
      groups: [
        ...stale.map((group): GroupChanges => ({ group, dropped: true, deletes: [], puts: [], size: 0 })),
        ...[...groups].map(([group, puts]): GroupChanges => ({ group, dropped: true, deletes: [], puts, size: puts.length })),
      ],
    }
    state.apply([changes])
    const keys = [...groups.values()].reduce((sum, puts) => sum + puts.length, 0)
    count(run, 'movedKeys', keys)
    run.observe({ event: 'state moved', operator: uid, from: `${home.stage}x${home.partitions}#${home.entry}`, stage: stage.uid, partition, keys })
  }
  return { entry: k, state, snapshot: base.entry?.snapshot ?? { entry: k, keys: [] }, tailBytes: base.entry?.tailBytes ?? 0, readAtMs: run.now() }
}

type Puts = (readonly [key: Key, value: unknown])[]

/** The rows of one operator's state that are a partition's now, by group. */
async function groupsOf(
  run: Invocation,
  { plan, stage, partition, uid, home }: Pick<MoveRequest, 'plan' | 'stage' | 'partition'> & { readonly uid: string; readonly home: StateHome },
): Promise<ReadonlyMap<number, Puts>> {
  const node = stage.nodes.find((one) => plan.uids.get(one) === uid)
  // Rows under a running index, or states by key.
  const isRows = node !== undefined && node.shape === 'barrier' && node.stateful?.rows === true
  const isKeyed = node !== undefined && plan.keyed.has(node)
  const isMine = (group: number, q: number, key: Key, value: unknown): boolean => {
    if (stage.partitions === 1 || group === ASIDE) return true
    if (!isRows) return partitionOf(key, stage.partitions) === partition
    return (isKeyed ? partitionOfRow(value, stage.partitions) : q % stage.partitions) === partition
  }
  const groups = new Map<number, Puts>()
  for (let q = 0; q < home.partitions; q++) {
    for await (const [group, key, value] of rowsAt(run, { uid, home, partition: q })) {
      if (!isMine(group, q, key, value)) continue
      const puts = groups.get(group) ?? []
      groups.set(group, puts)
      if (isRows) puts.push([puts.length, value])
      // What operators note beside their keys stands in each partition.
      else if (group !== ASIDE || !puts.some(([known]) => known === key)) puts.push([key, value])
    }
  }
  return groups
}

/** The rows of an operator's state in one partition of where it is: of one that was to take it over and has not, from where that was. */
async function* rowsAt(
  run: Invocation,
  { uid, home, partition }: { readonly uid: string; readonly home: StateHome; readonly partition: number },
): AsyncGenerator<readonly [group: number, key: Key, value: unknown]> {
  const { state, entry } = await freshState(run, taskLog(home.stage, partition), home.entry)
  const before = entry.unmoved?.[uid]
  if (before !== undefined) {
    for (let q = 0; q < before.partitions; q++)
      for await (const row of rowsAt(run, { uid, home: before, partition: q }))
        if (row[0] === ASIDE || home.partitions === 1 || partitionOf(row[1], home.partitions) === partition) yield row
    return
  }
  const table = state.table(uid)
  for (const [group, content] of [...(table?.groups ?? [])].sort(([a], [b]) => a - b)) {
    const keys = await loaded(run, state, () => content.keysInOrder())
    for (const [key, value] of await loaded(run, state, () => keys.map((one) => [one, content.get(one, hashKey(one))] as const))) yield [group, key, value]
  }
}

/** Reads again until all that is read is loaded. */
async function loaded<T>(run: Invocation, state: PartitionState, read: () => T): Promise<T> {
  for (;;) {
    state.missing.clear()
    try {
      return read()
    } catch (error) {
      if (error !== NOT_LOADED) throw error
    }
    await loadBuckets(run, [...state.missing], state.buckets())
  }
}

/** A state after an entry, that nobody else has in hand. */
async function freshState(run: Invocation, log: string, n: number): Promise<{ readonly state: PartitionState; readonly entry: TaskEntry }> {
  const [entry] = await must(run, 'task', [{ log, n }])
  if (entry === undefined) throw new Error(`entry ${n} of ${log} was not read`)
  const { snapshot } = obey(run, entry)
  const state = await readSnapshot(run.ports.objects, { ranks: run.plan.ranks, job: run.plan.name, log, ref: snapshot })
  const from = (snapshot?.entry ?? -1) + 1
  const tail = await must(
    run,
    'task',
    Array.from({ length: Math.max(0, n - from + 1) }, (_, i) => ({ log, n: from + i })),
  )
  for (const { changes } of tail) state.apply(decodeChanges(await readBytes(run, changes)))
  return { state, entry }
}
