import { formatCount } from '../embedded/views/format-count.ts'
import { alignColumns } from './align-columns.ts'
import { formatBytes, formatMoment, formatSpan } from './format-amount.ts'
import type { JobStatus, ShardStatus, StuckBatch, TaskStatus } from './job-status.ts'

/** Up to so many shards are all shown. */
const MAX_SHARDS = 20

/** Returns a status as tables, for whoever looks at a terminal. Times of day are UTC. */
export function formatJobStatus(status: JobStatus): readonly string[] {
  const { atMs, tasks, stuck } = status
  const { shown, left } = worthShowing(status.shards)
  const moment = (ms: number): string => formatMoment(ms, atMs)
  return [
    [`${headLine(status, moment)}`, nextLine(status, moment)].join('     '),
    ...alignColumns(
      [
        ['stream', 'shard', 'last record', 'behind', 'entries not taken'],
        ...shown.map((shard) => [
          shard.stream,
          shortShard(shard.shard),
          shard.lastRecordMs === null ? 'expired' : formatMoment(shard.lastRecordMs, atMs, { tenths: true }),
          behind(shard),
          formatCount(shard.entriesNotTaken),
        ]),
      ].slice(0, shown.length === 0 ? 0 : undefined),
    ),
    ...(left === 0 ? [] : [`and ${formatCount(left)} that are idle or closed`]),
    ...alignColumns(tasks.map((task) => [task.stage, `partition ${task.partition}`, ...taskParts(task)])),
    ...alignColumns(status.sources.map(({ name, kind, state, lastResult }) => [kind === 'stream' ? `stream ${name}` : `queue ${name}`, state, lastResult])),
    `dead letters ${formatCount(status.deadLetters)}   stuck batches ${stuck === null ? 0 : 1}`,
    ...(stuck === null ? [] : stuckLines(status.job, stuck, moment)),
    ...removedLines(status),
    ...status.warnings.map((warning) => `warning: ${warning}`),
  ]
}

/** Returns a status as lines that each stand for themselves, for files and pipes. Times are ISO 8601. */
export function formatJobStatusLines(status: JobStatus): readonly string[] {
  const moment = (ms: number): string => new Date(ms).toISOString()
  const { stuck } = status
  return [
    `${status.job}: ${headLine(status, moment)}`,
    nextLine(status, moment),
    ...status.shards.map(
      (shard) =>
        `shard ${shard.stream}/${shard.shard}: last record ${shard.lastRecordMs === null ? 'expired' : moment(shard.lastRecordMs)}, behind ${behind(shard)}, entries not taken ${shard.entriesNotTaken}`,
    ),
    ...status.tasks.map((task) => `task ${task.stage}/${task.partition}: ${taskParts(task).join(', ')}`),
    ...status.sources.map(({ name, kind, state, lastResult }) => `${kind} ${name}: ${[state, lastResult].filter((text) => text !== '').join(', ')}`),
    `dead letters ${status.deadLetters}`,
    `stuck batches ${stuck === null ? 0 : 1}`,
    ...(stuck === null ? [] : stuckLines(status.job, stuck, moment)),
    ...removedLines(status),
    ...status.warnings.map((warning) => `warning: ${warning}`),
  ]
}

function removedLines({ removed }: JobStatus): readonly string[] {
  return Object.entries(removed).map(
    ([operator, rows]) =>
      `removed operator '${operator}': ${rows > 0 ? `${formatCount(rows)} ${rows === 1 ? 'row was' : 'rows were'} dropped that waited for it when a deploy removed it` : 'a batch in flight was computed without it when a deploy removed it'}`,
  )
}

/** A job keeps a row for every shard there ever was: of many, those that are idle are counted. */
function worthShowing(shards: readonly ShardStatus[]): { readonly shown: readonly ShardStatus[]; readonly left: number } {
  if (shards.length <= MAX_SHARDS) return { shown: shards, left: 0 }
  const shown = shards.filter(({ state, entriesNotTaken }) => state !== 'idle' || entriesNotTaken > 0)
  return { shown, left: shards.length - shown.length }
}

type Moment = (ms: number) => string

function headLine({ batch, tasks, stuck }: JobStatus, moment: Moment): string {
  if (batch === null) return 'no batch yet'
  const end = batch.finishedMs === null ? (stuck === null ? 'running' : 'STUCK') : `finished ${formatSpan(batch.finishedMs - batch.timeMs)} after its end`
  const keys = tasks.reduce<number | null>((sum, task) => (sum === null || task.keys === null ? null : sum + task.keys), 0)
  const bytes = tasks.reduce((sum, { stateBytes }) => sum + stateBytes, 0)
  return `batch ${formatCount(batch.number)}  ${moment(batch.timeMs)}  ${end}, ${keys === null ? '' : `${formatCount(keys)} keys, `}${formatBytes(bytes)}`
}

function nextLine({ batch, nextMs, shards }: JobStatus, moment: Moment): string {
  if (nextMs !== null && batch !== null && nextMs <= batch.timeMs) return 'next: at once, with late records'
  if (nextMs !== null) return `next: ${moment(nextMs)}`
  return shards.length === 0 ? 'next: waits for the first records' : 'next: waits for records'
}

function behind({ state, behindMs }: ShardStatus): string {
  if (state === 'idle' || behindMs === null) return 'idle'
  return state === 'behind' ? `${formatSpan(behindMs)} and more to come` : formatSpan(behindMs)
}

/** `shardId-000000000012` without what all have in common. */
function shortShard(shard: string): string {
  return shard.replace(/^shardId-/, '')
}

function taskParts({ batch, keys, stateBytes, snapshotBatch }: TaskStatus): readonly string[] {
  return [
    batch === null ? 'no batch yet' : `batch ${formatCount(batch)}`,
    keys === null ? 'keys not counted' : `keys ${formatCount(keys)}`,
    `state ${formatBytes(stateBytes)}`,
    snapshotBatch === null ? 'no snapshot yet' : `last snapshot at batch ${formatCount(snapshotBatch)}`,
  ]
}

function stuckLines(
  job: string,
  { batch, timeMs, why, operator, task, attempts, deployedSince, triedAgainMs, skipped }: StuckBatch,
  moment: Moment,
): readonly string[] {
  const name = `batch ${formatCount(batch)} of ${moment(timeMs)}`
  if (operator === null) return [`${name} is stuck: ${why}`]
  return [
    `${name} is stuck: task ${task} failed ${attempts === 1 ? 'once' : `${attempts} times`}: ${why}`,
    ...(deployedSince ? [`deployed since; ${triedAgainMs === null ? 'the next tick tries it again' : `tried again at ${moment(triedAgainMs)}`}`] : []),
    skipped
      ? `it will go on without '${operator}', which was skipped on command`
      : `mend the program and deploy it, try it as it is with millrace retry ${job}, or leave the operator out of this batch: millrace skip ${job}`,
  ]
}
