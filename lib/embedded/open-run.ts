import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { MillraceError } from '../values/errors.ts'
import { shardId } from '../sources/kinesis/shard-of.ts'
import type { Plan } from '../plan/plan.ts'
import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { Position } from '../runtime/entries/entry.ts'
import { BATCH_LOG, receiverLog } from '../runtime/entries/log-names.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import type { Ports } from '../runtime/runtime.ts'
import { checkFacts } from './check-facts.ts'
import { checkInputs, factsOf, hasGrown } from './check-inputs.ts'
import { checkFields } from './inputs/check-fields.ts'
import { DEFAULTS, type EmbeddedInput, type EmbeddedOptions } from './embedded-options.ts'
import { FolderObjects } from './stores/folder-objects.ts'
import { MessageList } from './stores/message-list.ts'
import { moveAside } from './stores/move-aside.ts'
import { openDatabase } from './stores/open-database.ts'
import type { FarRule } from './inputs/far-dates.ts'
import { openInputs, surveyInputs, type OpenInputs } from './inputs/open-sources.ts'
import { FIRST_PART, RunState, type RunFacts, type RunPart } from './stores/run-state.ts'
import { checkShown, ShownOutput } from './views/shown-output.ts'
import { SplitObjects } from './stores/split-objects.ts'
import { SqliteLog } from './stores/sqlite-log.ts'
import { SqliteProgress } from './stores/sqlite-progress.ts'
import { removeState, statePaths, type StatePaths } from './stores/state-paths.ts'
import { VirtualClock } from './stores/virtual-clock.ts'
import { isFinished } from '../runtime/entries/progress-names.ts'

/** A receiver's records arrive when they arrive. */
function checkLive(plan: Plan, { speed, startMs, untilEnd }: EmbeddedOptions): void {
  const receiver = plan.inputs.find(({ poll }) => poll !== undefined)
  const wrong = (text: string): MillraceError => new MillraceError('USAGE', text)
  if (receiver === undefined) {
    if (untilEnd === true) throw wrong(`--until-end: job '${plan.name}' has no receiverStream; files and a standard input are read to their end anyhow`)
    return
  }
  if (speed !== undefined)
    throw wrong(`--speed: job '${plan.name}' has the receiver '${receiver.stream}', whose records arrive when they arrive; leave the option out`)
  if (startMs !== undefined) throw wrong(`--start: job '${plan.name}' has the receiver '${receiver.stream}', whose records arrive now; leave the option out`)
}

/** A run whose state is open: begun just now, or taken up again. */
export interface OpenRun {
  readonly db: DatabaseSync
  readonly state: RunState
  readonly facts: RunFacts
  readonly inputs: OpenInputs
  /** Which dates of a stream's files are far from the others. */
  readonly far: ReadonlyMap<string, FarRule>
  readonly paths: StatePaths
  readonly ports: Ports
  readonly log: SqliteLog
  readonly progress: SqliteProgress
  readonly clock: VirtualClock
  readonly messages: MessageList
  readonly stateObjects: Objects
  readonly shown: ShownOutput | undefined
  /** Where output of an earlier run was moved to. */
  readonly movedTo: string | undefined
  /** Last position by `stream/shard`, of what is committed. */
  readonly committed: ReadonlyMap<string, Position>
  /** Of a run that goes on: batches that are finished, and the time of the next. */
  readonly resumed: { readonly batches: number; readonly nextTimeMs: number | undefined } | undefined
  close(): void
}

export async function openRun(plan: Plan, options: EmbeddedOptions): Promise<OpenRun> {
  const output = options.output ?? DEFAULTS.output
  if (options.show !== undefined) checkShown(plan, options.show)
  checkLive(plan, options)
  const paths = statePaths(options.state ?? DEFAULTS.state, plan.name)
  let db = existsSync(paths.database) ? openDatabase(paths.database) : undefined
  try {
    const before = db === undefined ? undefined : new RunState(db)
    const isNew = options.continue === true && before?.finished === true && before.facts !== undefined
    const kept = before?.finished === true && !isNew ? undefined : before?.facts
    const inputs = await openInputs(plan, wantedInputs(options.inputs, kept))
    const asked = askedFacts(options)
    if (kept === undefined || isNew) await checkFields(inputs, options)
    else {
      checkFacts(kept, asked, paths.database)
      const log = new SqliteLog(db as DatabaseSync)
      const committed = await committedOf(plan, kept, log)
      const remedy = `bring it back to go on, or remove ${paths.database} to start over`
      await checkInputs(kept.inputs, inputs, { takenOf: (stream) => lastOf(committed, stream), remedy })
    }

    const wanted =
      kept === undefined
        ? begin(plan, asked, { output, inputs, speed: options.speed })
        : isNew
          ? await nextPart(plan, kept, asked, { inputs, log: new SqliteLog(db as DatabaseSync), speed: options.speed, database: paths.database })
          : { ...kept, inputs: factsOf(inputs) }
    const { far, firstDateMs } = await surveyInputs(inputs, wanted, (text) => options.view?.print(text))
    const facts = kept === undefined || isNew ? { ...wanted, firstDateMs } : wanted

    // The old output goes first: whoever is killed in between finds a finished run again.
    const movedTo = kept === undefined ? moveAside(plan, output) : undefined
    if (before?.finished === true && !isNew) {
      db?.close()
      removeState(paths)
      db = undefined
    }
    const open = (db ??= openDatabase(paths.database))
    const state = new RunState(open)
    if (isNew) state.continue(facts)
    else state.begin(facts)
    state.wish({
      speed: options.speed === undefined || options.speed === Infinity ? null : options.speed,
      drainMs: options.drainMs ?? 0,
      show: options.show ?? null,
    })

    const log = new SqliteLog(open)
    const progress = new SqliteProgress(open)
    const clock = new VirtualClock(0)
    const messages = new MessageList(clock)
    const stateObjects = new FolderObjects(paths.objects)
    const outside = new FolderObjects(facts.output)
    const split = new SplitObjects({ prefix: '_millrace/', inside: stateObjects, outside })
    const shown = options.show === undefined ? undefined : new ShownOutput(split, options.show)
    const ports: Ports = { log, progress, objects: shown ?? split, messages, clock }
    return {
      db: open,
      state,
      facts,
      inputs,
      far,
      paths,
      ports: options.wrapPorts?.(ports) ?? ports,
      log,
      progress,
      clock,
      messages,
      stateObjects,
      shown,
      movedTo,
      committed: await committedOf(plan, facts, log),
      resumed: kept === undefined || isNew ? undefined : await whereIt(plan, log, progress),
      close: () => {
        stateObjects.close()
        outside.close()
        open.close()
      },
    }
  } catch (error) {
    if (db?.isOpen === true) db.close()
    throw error
  }
}

function hasAny(inputs: EmbeddedOptions['inputs']): boolean {
  return Object.keys(inputs ?? {}).length > 0
}

function wantedInputs(asked: EmbeddedOptions['inputs'], kept: RunFacts | undefined): Readonly<Record<string, EmbeddedInput>> {
  if (hasAny(asked) || kept === undefined) return asked ?? {}
  const nothing: AsyncIterable<Uint8Array> = (async function* () {})()
  return Object.fromEntries(
    Object.entries(kept.inputs).map(([stream, files]) => [stream, files[0]?.path === '-' ? { stdin: nothing } : { path: files.map(({ path }) => path) }]),
  )
}

/** Only what was said, so that a run that goes on needs no options. */
function askedFacts(options: EmbeddedOptions): Partial<RunFacts> {
  const { startMs, shards, partitions, rate, keyField, timeField, timeUnit, timeOutliers, timeScale, output } = options
  return Object.fromEntries(
    Object.entries({ startMs, shards, partitions, rate, keyField, timeField, timeUnit, timeOutliers, timeScale, output }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

interface Beginning {
  readonly output: string
  readonly inputs: OpenInputs
  readonly speed: number | undefined
}

function begin(plan: Plan, asked: Partial<RunFacts>, { output, inputs, speed }: Beginning): RunFacts {
  const { intervalMs } = plan
  const createdMs = Date.now()
  // With a whole batch, unless a time was asked for. Files go by the wall: of a batch that is going on a folder gets what is left of it.
  const whole = plan.inputs.some((node) => node.files !== undefined) ? Math.floor : Math.ceil
  return {
    job: plan.name,
    startMs: whole(createdMs / intervalMs) * intervalMs,
    ...(asked.startMs === undefined ? { createdMs } : {}),
    shards: DEFAULTS.shards,
    partitions: null,
    rate: DEFAULTS.rate,
    keyField: null,
    timeField: null,
    timeScale: DEFAULTS.timeScale,
    output,
    inputs: factsOf(inputs),
    live: isLive(asked, inputs, speed),
    ...asked,
  }
}

/** Whether lines of a standard input arrive when they arrive: stream time follows the wall, and nothing else says when. */
function isLive({ rate, timeField }: Partial<RunFacts>, inputs: OpenInputs, speed: number | undefined): boolean {
  const follows = speed !== undefined && speed !== Infinity
  return follows && rate === undefined && (timeField ?? null) === null && [...inputs.values()].some((input) => 'stdin' in input)
}

/** A new input on the state of a finished run begins where that ended, under shards of its own. */
async function nextPart(
  plan: Plan,
  kept: RunFacts,
  { inputs: _inputs, ...asked }: Partial<RunFacts>,
  { inputs, log, speed, database }: Omit<Beginning, 'output'> & { readonly log: SqliteLog; readonly database: string },
): Promise<RunFacts> {
  const before = kept.part ?? FIRST_PART
  if (asked.partitions !== undefined && asked.partitions !== kept.partitions)
    throw new MillraceError(
      'USAGE',
      `--partitions ${asked.partitions}: the state of the finished run lies in ${kept.partitions ?? "the program's"} partitions; leave the option as it was`,
    )
  const head = await log.newest(BATCH_LOG)
  const entry = head === null ? null : decodeEntry(head.bytes, `entry ${BATCH_LOG}#${head.n}`)
  const afterMs = entry?.kind === 'batch' ? entry.time : Math.ceil(kept.startMs / plan.intervalMs) * plan.intervalMs
  if (asked.startMs !== undefined && asked.startMs < afterMs)
    throw new MillraceError(
      'USAGE',
      `--start ${new Date(asked.startMs).toISOString()} is before the end of the run that it continues, ${new Date(afterMs).toISOString()}; leave it out, or give a later time`,
    )
  const taken: Record<string, number> = {}
  for (const [stream, input] of inputs) {
    const files = kept.inputs[stream] ?? []
    if ('stdin' in input || files.length === 0 || files[0]?.path === '-') continue
    if (await hasGrown(files, input, `remove ${database} to start over, or name another file`))
      taken[stream] = files.reduce((sum, { records = 0 }) => sum + records, 0)
    else if (JSON.stringify(files) === JSON.stringify(factsOf(new Map([[stream, input]]))[stream]))
      throw new MillraceError(
        'USAGE',
        `--continue: ${files.map(({ path }) => path).join(', ')} is what the finished run has read, and nothing has come to it; name a new file with --input`,
      )
  }
  const part: RunPart = {
    number: before.number + 1,
    firstShard: before.firstShard + kept.shards,
    firstBatch: head === null ? 0 : head.n + 1,
    afterMs,
    taken,
  }
  // A folder's stream was made when the first of these runs began.
  return { createdMs: kept.startMs, ...kept, startMs: afterMs, ...asked, inputs: factsOf(inputs), live: isLive(asked, inputs, speed), part }
}

function lastOf(committed: ReadonlyMap<string, Position>, stream: string): number {
  const numbers = [...committed].flatMap(([name, { sequenceNumber }]) => (name.startsWith(`${stream}/`) ? [Number(sequenceNumber)] : []))
  return Math.max(0, ...numbers)
}

async function committedOf(plan: Plan, facts: RunFacts, log: SqliteLog): Promise<ReadonlyMap<string, Position>> {
  const { firstShard } = facts.part ?? FIRST_PART
  const committed = new Map<string, Position>()
  for (const { stream } of plan.inputs) {
    for (let n = firstShard; n < firstShard + facts.shards; n++) {
      const name = receiverLog(stream, shardId(n))
      const item = await log.newest(name)
      const entry = item === null ? null : decodeEntry(item.bytes, `entry ${name}#${item.n}`)
      if (entry?.kind === 'receiver') committed.set(`${stream}/${shardId(n)}`, entry.last)
    }
  }
  return committed
}

async function whereIt(plan: Plan, log: SqliteLog, progress: SqliteProgress): Promise<OpenRun['resumed']> {
  const head = await log.newest(BATCH_LOG)
  if (head === null) return { batches: 0, nextTimeMs: undefined }
  const entry = decodeEntry(head.bytes, `entry ${BATCH_LOG}#${head.n}`)
  if (entry.kind !== 'batch')
    throw new MillraceError('CORRUPT_ENTRY', `the newest entry of the batch log is of kind '${entry.kind}': something else has written there`)
  const finished = isFinished(await progress.get(head.n))
  return finished ? { batches: head.n + 1, nextTimeMs: entry.time + plan.intervalMs } : { batches: head.n, nextTimeMs: entry.time }
}
