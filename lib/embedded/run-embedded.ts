import { randomUUID } from 'node:crypto'
import { setTimeout as timer } from 'node:timers/promises'
import type { Job } from '../program/job.ts'
import { loadTables } from '../program/load-tables.ts'
import { planJob } from '../plan/plan-job.ts'
import type { Plan } from '../plan/plan.ts'
import { MillraceError } from '../values/errors.ts'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { RuntimeEvent } from '../runtime/runtime.ts'
import { SLACK_MS } from '../runtime/settings.ts'
import { tellListeners } from '../runtime/tell-listeners.ts'
import { auditLogs } from './audit-logs.ts'
import { lastBatchTime } from './batch-grid.ts'
import { notePlaces } from '../dstream/place.ts'
import { BatchRecorder } from './views/batch-recorder.ts'
import { BatchTable } from './stores/batch-table.ts'
import { FINISH } from '../runtime/entries/progress-names.ts'
import { batchFailed } from './batch-failed.ts'
import { Deliveries } from './inputs/deliveries.ts'
import { DEFAULTS, type EmbeddedOptions } from './embedded-options.ts'
import { openRun, type OpenRun } from './open-run.ts'
import { FIRST_PART } from './stores/run-state.ts'
import { openSources } from './inputs/open-sources.ts'
import { Pace } from './pace.ts'
import { keepRest } from './inputs/keep-rest.ts'
import { Replay } from './replay.ts'
import { RunMeter } from './views/run-meter.ts'
import { resultsOf } from './views/results-of.ts'
import type { RunSummary, RunView } from './views/run-status.ts'
import { shownPath } from './views/shown-path.ts'
import { sizeOf } from './inputs/size-of.ts'
import { DEAD_LETTER_FILE, writeDeadLetters } from './write-dead-letters.ts'

/** Nothing expires in a run's file: a sleeping stream of a hundred years is no reason to stop. */
const RETENTION_MS = 100 * 365 * 86_400_000
/** SQLite takes what DynamoDB would charge for; larger pieces are files. */
const SPILL_BYTES = 256 * 1024

/**
 * Runs a job in this process on its own inputs, to their end, and returns what it did. All of its state is in a file: killed at any time and called again
 * with the same options it goes on, and its results are as if nothing had happened.
 */
export async function runEmbedded(job: Job, options: EmbeddedOptions): Promise<RunSummary> {
  if (options.page !== undefined) notePlaces()
  const run = await openRun(planJob(job), options)
  let failed: unknown
  try {
    const { partitions } = run.facts
    return await replay(planJob(job, partitions === null ? {} : { numPartitions: partitions }), run, options)
  } catch (error) {
    failed = error
    throw error
  } finally {
    // Who reads the state must let go of it before it is closed.
    await options.page?.end(failed)
    run.close()
  }
}

async function replay(plan: Plan, run: OpenRun, options: EmbeddedOptions): Promise<RunSummary> {
  const { facts, ports, clock, messages, state } = run
  const { view } = options
  const now = (): number => performance.now()
  const { signal } = options
  const part = facts.part ?? FIRST_PART
  const pace = new Pace(options.speed ?? DEFAULTS.speed, now, { signal })
  const live = { fromMs: (run.resumed?.nextTimeMs ?? 0) - plan.intervalMs, speed: options.speed === Infinity ? 1 : (options.speed ?? 1), now }
  const sources = openSources(plan, run.inputs, {
    ...run,
    watch: options.speed !== Infinity,
    live,
    warn: (text) => view?.print(text),
    untilEnd: options.untilEnd === true,
    signal,
  })
  const deliveries = new Deliveries({ intervalMs: plan.intervalMs, shards: facts.shards, firstShard: part.firstShard, sources, signal })
  const drainMs = options.drainMs ?? 0
  const size = await sizeOf(plan, run.inputs, facts)
  const meter = new RunMeter({
    view,
    pace,
    now,
    intervalMs: plan.intervalMs,
    startMs: facts.startMs,
    recordsInAll: size?.records,
    lastTimeMs: size === undefined ? undefined : lastBatchTime(plan, { lastArrivalMs: size.lastArrivalMs, drainMs }),
    dataTime: (streamMs) => sources[0]?.dataTime(streamMs),
    table: () => run.shown?.lines ?? [],
  })
  const wallMs = (): number => Date.now()
  const deploy = state.deploy(plan.fingerprint)
  const recorder = new BatchRecorder({
    plan,
    deploy,
    wallMs,
    wallOf: (streamMs) => {
      const agoMs = pace.since(streamMs)
      return agoMs === undefined ? undefined : Math.round(wallMs() - agoMs)
    },
  })
  const table = new BatchTable(run.db)
  run.progress.with(FINISH, (batch, { names }) => {
    const row = recorder.finish(batch, names)
    if (row !== undefined) table.put(row.figures, row.tasks)
  })
  // What is watched follows the wall, however fast it may catch up.
  const speed = options.speed ?? (plan.inputs.some((node) => node.files !== undefined || node.poll !== undefined) ? 1 : DEFAULTS.speed)
  const page = await options.page?.open({ plan, run, table, recorder, speed, file: options.file, state: options.state ?? DEFAULTS.state })
  view?.begin({
    job: plan.name,
    shards: facts.shards,
    intervalMs: plan.intervalMs,
    speed,
    state: shownPath(run.paths.database),
    output: facts.output,
    movedTo: run.movedTo,
    page,
  })

  const observe = (event: RuntimeEvent): void => {
    meter.observe(event)
    player.observe(event)
    recorder.observe(event)
    if (event.event === 'batch' || event.event === 'failed') options.page?.changed()
    options.observe?.(event)
  }
  const runtime = createRuntime({
    plan,
    ports,
    deploy,
    // Rising: a run begun anew over the same records begins at the same time, and is known to be the later one by its id.
    newId: () => `${Date.now().toString(36).padStart(9, '0')}-${randomUUID()}`,
    settings: {
      // Records are handed over by the end of their batch and never later, so a batch need not wait for its records ...
      batchingWindowMs: -SLACK_MS,
      // ... and there is only this process: what is not finished was left by one that died.
      taskTimeoutMs: -1,
      retentionMs: RETENTION_MS,
      spillBytes: SPILL_BYTES,
      // Stream time may begin within an interval (--start): its batch ends on the grid, as all do.
      begin: { atMs: (Math.floor(facts.startMs / plan.intervalMs) + 1) * plan.intervalMs },
      ...options.settings,
    },
    loadTables: () => loadTables(plan.tables),
    observe,
    completed: tellListeners(plan, {
      sleep: (ms, signal) => timer(ms, undefined, { signal }).catch(() => {}),
      warn: (message) => {
        observe({ event: 'warning', message })
        view?.print(message)
      },
      wallOf: (number) => recorder.running.find(({ figures }) => figures.batch === number)?.figures,
    }),
    print: (text) => view?.print(text),
  })
  const player = new Replay({
    plan,
    runtime,
    ports,
    clock,
    messages,
    deliveries,
    pace,
    startMs: facts.startMs,
    drainMs,
    committed: run.committed,
    onDelivered: (records, delivered) => {
      meter.delivered(records, delivered)
      if (!delivered.again) recorder.delivered(delivered.stream, records)
    },
    onBegin: () => {
      if (run.resumed !== undefined) resumeMeter(plan.name, run, run.resumed, { meter, view })
    },
    onWork: () => meter.begin(),
    onStep: () => meter.show(),
    failed: (failed) => batchFailed({ ...failed, file: options.file, state: options.state ?? DEFAULTS.state }),
    unfinished: (left) =>
      new MillraceError(
        'UNFINISHED',
        `the run of job '${plan.name}' cannot go on to its end: ${left.join('; ')}. Nothing is lost, and a run ends only when all it received was taken: start it again, and it goes on from there`,
      ),
  })
  try {
    await player.run()
  } catch (error) {
    await keepRest(sources.filter(({ stream }) => facts.inputs[stream]?.[0]?.path === '-'))
    throw error
  }
  const dead = meter.deadLetters === 0 ? [] : auditLogs(run.log, part).deadLetters
  const { firstErrors, records: deadRecords } = await writeDeadLetters(run.stateObjects, dead)
  state.finish()
  const summary: RunSummary = {
    records: meter.records,
    batches: meter.batches,
    deadLetters: dead.reduce((sum, ref) => sum + ref.count, 0),
    firstErrors,
    allDead: meter.records > 0 && deadRecords >= meter.records,
    deadLetterFile: shownPath(`${run.paths.objects}/${DEAD_LETTER_FILE}`),
    results: resultsOf(plan, facts.output),
  }
  view?.end(summary)
  return summary
}

/** Tells where a run that was killed goes on: what the logs hold, beside how far into the input they reach. */
function resumeMeter(
  job: string,
  run: OpenRun,
  resumed: NonNullable<OpenRun['resumed']>,
  { meter, view }: { readonly meter: RunMeter; readonly view: RunView | undefined },
): void {
  const { records, deadLetters, countedTwice } = auditLogs(run.log, run.facts.part)
  meter.resume({ batches: resumed.batches, deadLetters: deadLetters.reduce((sum, ref) => sum + ref.count, 0) })
  const batch = resumed.nextTimeMs === undefined ? 1 : meter.batchOf(resumed.nextTimeMs)
  view?.resume({ job, batch, batchesInAll: meter.batchesInAll, records, countedTwice })
}
