import type { BatchEntry } from '../runtime/entries/entry.ts'
import { AGAIN } from '../runtime/batch/straggler.ts'
import { isSkipped, lastTriedBy } from '../runtime/batch/asked-again.ts'
import { failureOf } from '../runtime/task/failure.ts'
import { BATCH_LOG, taskName } from '../runtime/entries/log-names.ts'
import { dueTimes, isFinished } from '../runtime/entries/progress-names.ts'
import { removedRows } from '../runtime/entries/told-outputs.ts'
import type { ProgressItem } from '../runtime/ports/progress.ts'
import { readyAt } from '../runtime/batch/ready.ts'
import type { Ports } from '../runtime/runtime.ts'
import { EntryReader } from './entry-reader.ts'
import { findDeadLetters } from './find-dead-letters.ts'
import type { DeployedJob } from './find-job.ts'
import type { JobStatus, SourceStatus, StuckBatch } from './job-status.ts'
import { readShards } from './read-shards.ts'
import { readTasks } from './read-tasks.ts'
import { isOn } from './source-status.ts'

/** The rule that sends ticks does so once a minute: what is overdue for this long is not merely late. */
const OVERDUE_MS = 180_000

/** What is asked of a job: of one that is deployed, what Lambda and its variables say. */
export type StatusJob = Pick<DeployedJob, 'deploys' | 'runFunction'> & {
  readonly environment: Pick<DeployedJob['environment'], 'job' | 'taskTimeoutMs' | 'batchingWindowMs'>
}

export interface StatusRequest {
  readonly job: StatusJob
  readonly ports: Pick<Ports, 'log' | 'progress' | 'objects'>
  readonly sources: readonly SourceStatus[]
  readonly nowMs: number
}

/** Returns how a job is, from its logs and from what calls its functions. It only reads. */
export async function readStatus({ job, ports, sources, nowMs }: StatusRequest): Promise<JobStatus> {
  const { environment, deploys } = job
  const reader = new EntryReader(ports.log)
  const head = await reader.newest('batch', BATCH_LOG)
  const progress = head === null ? null : await ports.progress.get(head.n)
  const [{ shards, waitingMs }, tasks, letters] = await Promise.all([
    readShards(reader, head?.entry ?? null, nowMs),
    head === null ? [] : readTasks(reader, ports.objects, { job: environment.job, number: head.n, batch: head.entry }),
    findDeadLetters(reader, ports.objects, environment.job),
  ])
  const finished = isFinished(progress)
  const times = [...dueTimes(progress), ...(waitingMs === null ? [] : [waitingMs])]
  const nextMs = times.length === 0 ? null : Math.min(...times)
  return {
    job: environment.job,
    atMs: nowMs,
    deploys,
    batch: head === null ? null : { number: head.n, timeMs: head.entry.time, finishedMs: finished ? (progress?.atMs ?? null) : null },
    nextMs,
    shards,
    tasks,
    deadLetters: letters.reduce((sum, { count }) => sum + count, 0),
    removed: removedRows(head?.entry.removed, progress?.names ?? []),
    stuck:
      head === null || finished
        ? null
        : stuckBatch({ number: head.n, entry: head.entry }, progress, {
            taskTimeoutMs: environment.taskTimeoutMs,
            deployed: Math.max(deploys.receive, deploys.run),
            nowMs,
          }),
    sources,
    warnings: [
      ...warningsOfDeploys(job, head?.entry ?? null),
      ...standingSkipLines(head?.entry ?? null),
      ...warningsOfSources(environment.job, sources),
      ...(nextMs !== null && (head === null || finished) && nowMs - readyAt(nextMs, environment.batchingWindowMs) > OVERDUE_MS && sources.every(isOn)
        ? [`the batch of ${new Date(nextMs).toISOString()} is overdue and nobody has begun it: see the log of ${job.runFunction}`]
        : []),
    ],
  }
}

function stuckBatch(
  { number, entry }: { readonly number: number; readonly entry: BatchEntry },
  progress: ProgressItem | null,
  { taskTimeoutMs, deployed, nowMs }: { readonly taskTimeoutMs: number; readonly deployed: number; readonly nowMs: number },
): StuckBatch | null {
  const failure = failureOf(progress)
  const batch = { batch: number, timeMs: entry.time }
  if (failure !== null && progress !== null) {
    const { operator, task, message, attempts, deploy = 0 } = failure
    const again = progress.attributes.get(AGAIN)
    return {
      ...batch,
      why: message,
      operator,
      task,
      attempts,
      deployedSince: deploy < deployed,
      triedAgainMs: lastTriedBy(failure, progress) > deploy && typeof again === 'number' ? again : null,
      skipped: isSkipped(failure, progress),
    }
  }
  const restedMs = nowMs - Math.max(entry.at, progress?.atMs ?? 0)
  if (restedMs <= taskTimeoutMs) return null
  const missing = entry.tasks
    .flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, r) => taskName(stage, r)))
    .filter((name) => progress?.names.has(name) !== true)
  const why = `nothing has happened for ${Math.round(restedMs / 1000)} s${missing.length === 0 ? '' : `; tasks not done: ${missing.join(', ')}`}`
  return { ...batch, why, operator: null, task: null, attempts: null, deployedSince: false, triedAgainMs: null, skipped: false }
}

function warningsOfSources(job: string, sources: readonly SourceStatus[]): readonly string[] {
  const off = sources.filter((source) => !isOn(source)).map(({ name }) => name)
  const failing = sources.filter((source) => isOn(source) && source.lastResult.startsWith('PROBLEM'))
  return [
    ...(off.length === 0 ? [] : [`paused: ${off.join(', ')} ${off.length === 1 ? 'is' : 'are'} switched off; millrace resume ${job} switches on`]),
    ...failing.map(({ name, lastResult }) => `${name}: Lambda says ${lastResult}`),
    ...sources
      .filter(({ parallelizationFactor = 1 }) => parallelizationFactor > 1)
      .map(
        ({ name, uuid, parallelizationFactor }) =>
          `${name}: its event source mapping has ParallelizationFactor ${parallelizationFactor}, so several processes take one shard at once, and records that come out of order are taken for duplicates: they are LOST. Set it back at once: aws lambda update-event-source-mapping --uuid ${uuid} --parallelization-factor 1`,
      ),
  ]
}

function standingSkipLines(batch: BatchEntry | null): readonly string[] {
  return Object.entries(batch?.skips ?? {}).map(
    ([operator, until]) => `batches before ${new Date(until).toISOString()} go on without '${operator}', which was skipped on command`,
  )
}

function warningsOfDeploys({ deploys, environment: { job } }: StatusJob, batch: BatchEntry | null): readonly string[] {
  const newest = Math.max(deploys.receive, deploys.run)
  if (batch !== null && batch.deploy > newest)
    return [
      `deploy ${batch.deploy} has written the newest batch, and ${newest} is what is deployed: the functions stop until millrace rollback ${job} makes theirs the newest`,
    ]
  if (deploys.receive !== deploys.run)
    return [`receive is of deploy ${deploys.receive} and run of ${deploys.run}: a deploy is under way, or was rolled back half (millrace rollback ${job})`]
  return []
}
