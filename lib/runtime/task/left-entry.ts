import { MillraceError } from '../../values/errors.ts'
import type { Batch } from '../entries/batch.ts'
import type { BatchEntry, StateHome, TaskEntry } from '../entries/entry.ts'
import { taskLog } from '../entries/log-names.ts'
import { homeOf } from '../entries/state-homes.ts'
import { count, type Invocation } from '../invocation.ts'
import { must, obey } from '../logs/read-log.ts'
import { inline, movedBlocks, spill } from '../logs/spill.ts'
import type { LogKey } from '../ports/log.ts'
import { blocksFor } from './task-input.ts'

/** A task that does not compute takes over no state either. */
async function unmovedIn(
  run: Invocation,
  { batch, stage, partition, previous }: Pick<LeftTask, 'batch' | 'stage' | 'partition' | 'previous'>,
): Promise<Pick<TaskEntry, 'unmoved'>> {
  if (previous === null) return {}
  const unmoved: Record<string, StateHome> = {}
  const number = batch.number - 1
  for (const [uid, kept] of Object.entries(batch.entry.keeps)) {
    const home = homeOf(previous, number, uid)
    if (batch.entry.homes?.[uid] !== undefined || home === undefined || (JSON.parse(kept) as { readonly stage: string }).stage !== stage) continue
    if (home.stage !== stage || home.entry < number) unmoved[uid] = home
    else {
      const [own] = await must(run, 'task', [{ log: taskLog(stage, partition), n: number }])
      if (own?.unmoved?.[uid] !== undefined) unmoved[uid] = own.unmoved[uid]
    }
  }
  return Object.keys(unmoved).length === 0 ? {} : { unmoved }
}

export interface LeftTask {
  readonly batch: Batch
  readonly stage: string
  readonly partition: number
  readonly key: LogKey
  readonly previous: BatchEntry | null
}

/**
 * Returns the entry of a task that this program cannot compute as the batch was cut: nothing is computed, and its blocks stand in the entry, for the batch after this one.
 * Others may know better: one put decides here, too.
 */
export async function leftEntry(run: Invocation, { batch, stage, partition, key, previous }: LeftTask): Promise<TaskEntry> {
  count(run, 'tasksOfRemovedStages')
  const had = previous?.tasks.some(([uid]) => uid === stage) === true
  const [before] = had ? await must(run, 'task', [{ log: key.log, n: key.n - 1 }]) : []
  if (had && before === undefined) throw new MillraceError('MISSING_ENTRY', `entry ${key.n - 1} of ${key.log} was not read`)
  const entry: TaskEntry = {
    kind: 'task',
    deploy: run.deploy,
    id: run.newId(),
    at: run.now(),
    changes: inline(new Uint8Array(0)),
    changedKeys: 0,
    blocks: await blocksFor(run, { batch, previous, stage, partition }),
    outputs: [],
    nextDue: null,
    snapshot: before === undefined ? { entry: key.n - 1, keys: [] } : obey(run, before).snapshot,
    tailBytes: before?.tailBytes ?? 0,
    deadLetters: null,
    skipped: [],
    gone: true,
    tables: {},
    ...(await unmovedIn(run, { batch, stage, partition, previous })),
  }
  const moved = await spill(
    run,
    key,
    entry,
    entry.blocks.map(({ data }) => ({ data, whole: false })),
  )
  return { ...entry, blocks: movedBlocks(entry.blocks, moved) }
}
