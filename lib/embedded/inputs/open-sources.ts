import type { DatabaseSync } from 'node:sqlite'
import type { InputNode, Poll } from '../../dstream/node.ts'
import { MillraceError } from '../../values/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { EmbeddedInput } from '../embedded-options.ts'
import { openInputFiles, type InputFiles } from './input-files.ts'
import { folderSource } from './folder-source.ts'
import { KeptFiles } from './kept-files.ts'
import { KeptLines } from './kept-lines.ts'
import { LiveFarRule, type FarRule } from './far-dates.ts'
import { KeptPolls } from './kept-polls.ts'
import { LiveClock } from './live-clock.ts'
import { pollSource } from './poll-source.ts'
import { recordRule, type DateOrigin, type RecordRule, type RecordRuleOptions } from './record-rule.ts'
import { queueSource, RecordSource } from './record-source.ts'
import { surveyDates } from './survey-dates.ts'
import { FIRST_PART, type RunFacts, type RunState } from '../stores/run-state.ts'

/** Inputs of a run, by stream: files that were looked at, or a standard input. */
export type OpenInputs = ReadonlyMap<string, InputFiles | { readonly stdin: AsyncIterable<Uint8Array> }>

/** Looks at the inputs of a run before anything is begun. */
export async function openInputs(plan: Plan, inputs: Readonly<Record<string, EmbeddedInput>>): Promise<OpenInputs> {
  const opened = new Map<string, InputFiles | { readonly stdin: AsyncIterable<Uint8Array> }>()
  for (const [stream, input] of Object.entries(inputs)) {
    const node = plan.inputs.find((one) => one.stream === stream)
    if (node === undefined)
      throw new MillraceError(
        'USAGE',
        `there is no stream '${stream}' in job '${plan.name}'; it reads ${plan.inputs.map((one) => `'${one.stream}'`).join(', ')}`,
      )
    if (node.queue !== undefined)
      throw new MillraceError(
        'USAGE',
        `stream '${stream}' of job '${plan.name}' is a queueStream: what it holds stands in the program, and it takes no --input`,
      )
    if (node.files !== undefined)
      throw new MillraceError(
        'USAGE',
        `stream '${stream}' of job '${plan.name}' is a ${node.kind}: it reads the folder ${node.files.directory}, which stands in the program, and takes no --input`,
      )
    if (node.poll !== undefined)
      throw new MillraceError(
        'USAGE',
        `stream '${stream}' of job '${plan.name}' is a receiverStream: the program's own function says where its records come from, and it takes no --input`,
      )
    opened.set(stream, 'stdin' in input ? input : await openInputFiles([input.path].flat()))
  }
  refuseBesideReceivers(plan, opened.size)
  const [own, others] = [plan.inputs.filter(hasOwnInput), plan.inputs.filter((node) => !hasOwnInput(node))]
  const silent = others.filter((node) => !opened.has(node.stream)).map((node) => node.stream)
  if (silent.length > 0 && opened.size === 0 && own.length === 0) {
    throw new MillraceError(
      'USAGE',
      `job '${plan.name}' reads ${silent.map((stream) => `'${stream}'`).join(', ')}: say from where with --input ${silent.length === 1 ? 'FILE' : 'NAME=FILE'}, or --input - for the standard input`,
    )
  }
  return opened
}

/** A receiver follows the wall clock; a file's records arrive when their rule says, all in the first moment or years apart. */
function refuseBesideReceivers(plan: Plan, others: number): void {
  const receiver = plan.inputs.find(({ poll }) => poll !== undefined)
  if (receiver === undefined || (others === 0 && plan.inputs.every(({ files }) => files === undefined))) return
  throw new MillraceError(
    'USAGE',
    `job '${plan.name}' has the receiver '${receiver.stream}', which follows the wall clock, beside files or a standard input, which do not; run them as two jobs, or read the file in the receiver`,
  )
}

/** What it holds stands in the program, in a folder that the program names, or comes from a function of it. */
function hasOwnInput({ queue, files, poll }: InputNode): boolean {
  return queue !== undefined || files !== undefined || poll !== undefined
}

export interface SourceOptions {
  readonly facts: RunFacts
  readonly state: RunState
  readonly db: DatabaseSync
  readonly far: ReadonlyMap<string, FarRule>
  /** Whether folders are watched for ever, or taken as they are now. */
  readonly watch: boolean
  /** Of lines that arrive when they arrive: stream time is at least this, and how fast it goes. */
  readonly live: { readonly fromMs: number; readonly speed: number; readonly now: () => number }
  readonly warn: (text: string) => void
  /** Receivers are asked until they have no more, and not for ever. */
  readonly untilEnd: boolean
  readonly signal: AbortSignal | undefined
}

/** Returns the sources of a run, in the order of the program's streams. */
export function openSources(plan: Plan, inputs: OpenInputs, options: SourceOptions): readonly RecordSource[] {
  const { startMs, part = FIRST_PART } = options.facts
  const { intervalMs } = plan
  const dates = datesOf(options)
  const seen = new Set<string>()
  const sources: RecordSource[] = []
  for (const node of plan.inputs) {
    const { stream, queue, files, poll } = node
    // A stream that a program reads twice has its records once.
    if (seen.has(stream)) continue
    seen.add(stream)
    const input = inputs.get(stream)
    // What stands in the program has been taken by the run before.
    if (queue !== undefined) sources.push(queueSource(stream, part.number === 0 ? queue : [], { startMs, intervalMs }))
    else if (files !== undefined) sources.push(openFolder(plan, node, options))
    else if (poll !== undefined) sources.push(openReceiver(plan, stream, poll, options))
    else if (input !== undefined)
      sources.push('stdin' in input ? openStdin(plan, stream, input.stdin, options, dates) : openFiles(plan, stream, input, options, dates))
  }
  return sources
}

function openFolder(plan: Plan, { stream, files }: InputNode, { facts, db, watch, warn }: SourceOptions): RecordSource {
  const { startMs, createdMs = startMs, part = FIRST_PART } = facts
  if (files === undefined) throw new Error(`stream '${stream}' is no folder`)
  const rule = ruleOf(plan, { ...facts, timeField: null }, {})
  return folderSource(stream, files, { intervalMs: plan.intervalMs, createdMs, afterMs: part.afterMs, watch, rule, kept: new KeptFiles(db, stream), warn })
}

function openReceiver(plan: Plan, stream: string, poll: Poll, { facts, db, live, warn, untilEnd, signal }: SourceOptions): RecordSource {
  const { startMs, part = FIRST_PART } = facts
  const clock = new LiveClock({ ...live, startMs: Math.max(startMs, live.fromMs), intervalMs: plan.intervalMs })
  const kept = new KeptPolls(db, stream, part.number)
  return pollSource(stream, poll, { clock, kept, untilEnd, warn, signal: signal ?? new AbortController().signal })
}

/** What the rules of all streams of a run have in common, if it goes by dates. */
type CommonDates = (stream: string) => Pick<RecordRuleOptions, 'origin' | 'onEarly'>

function datesOf({ facts, warn }: SourceOptions): CommonDates {
  const { firstDateMs, timeField } = facts
  if (firstDateMs === undefined) return () => ({})
  const origin: DateOrigin = { dateMs: firstDateMs ?? undefined }
  return (stream) => ({
    origin,
    onEarly: (dateMs, beginMs) =>
      warn(
        `warning: stream time begins at ${timeField} ${new Date(beginMs).toISOString()}, and stream '${stream}' at ${new Date(dateMs).toISOString()}: what it has before that arrives at once, at the start; where a pipe begins nobody knows beforehand, so give all streams as files`,
      ),
  })
}

function openStdin(
  plan: Plan,
  stream: string,
  stdin: AsyncIterable<Uint8Array>,
  { facts, state, db, live, warn }: SourceOptions,
  dates: CommonDates,
): RecordSource {
  const { startMs, part = FIRST_PART, timeField } = facts
  const name = partName(stream, part)
  const kept = new KeptLines(db, name, () => state.setWhole(name))
  if (facts.live === true) {
    const clock = new LiveClock({ ...live, startMs: Math.max(startMs, live.fromMs), intervalMs: plan.intervalMs })
    return new RecordSource(stream, kept.readLive(stdin, clock), ruleOf(plan, facts, {}))
  }
  let said = 0
  const onFar = (index: number, value: unknown): void => {
    said++
    if (said <= FAR_SAID || Number.isInteger(Math.log10(said)))
      warn(
        `warning: standard input line ${index + 1}: ${timeField} ${JSON.stringify(value)} is more than a year from the dates before it (${said} such so far)`,
      )
  }
  return new RecordSource(stream, kept.read(stdin), ruleOf(plan, facts, { far: new LiveFarRule(), onFar, ...dates(stream) }))
}

/** So many are told each. */
const FAR_SAID = 10

function openFiles(plan: Plan, stream: string, input: InputFiles, { facts, far }: SourceOptions, dates: CommonDates): RecordSource {
  const from = facts.part?.taken[stream] ?? 0
  return new RecordSource(stream, input.lines(from), ruleOf(plan, facts, { far: far.get(stream), from, ...dates(stream) }), from)
}

/** Looks at the dates of all files, before a run begins; what is odd is warned of, or thrown. */
export async function surveyInputs(
  inputs: OpenInputs,
  facts: RunFacts,
  warn: (text: string) => void,
): Promise<{ readonly far: ReadonlyMap<string, FarRule>; readonly firstDateMs: number | null }> {
  const { startMs, timeField, timeUnit, timeOutliers, part = FIRST_PART } = facts
  const far = new Map<string, FarRule>()
  let firstDateMs: number | null = null
  if (timeField === null) return { far, firstDateMs }
  const options = { timeField, timeUnit: timeUnit ?? undefined, timeOutliers: timeOutliers ?? 'keep', nowMs: Date.now(), startMs, warn }
  for (const [stream, input] of inputs) {
    if ('stdin' in input) continue
    const found = await surveyDates(input, { ...options, from: part.taken[stream] ?? 0 })
    far.set(stream, found.far)
    if (found.firstMs !== undefined) firstDateMs = Math.min(firstDateMs ?? found.firstMs, found.firstMs)
  }
  return { far, firstDateMs }
}

/** A standard input of another part of a run is another one. */
export function partName(stream: string, { number }: { readonly number: number }): string {
  return number === 0 ? stream : `${stream}#${number}`
}

function ruleOf(
  { intervalMs }: Plan,
  facts: RunFacts,
  { from = 0, ...dates }: Partial<Pick<RecordRuleOptions, 'far' | 'from' | 'onFar' | 'origin' | 'onEarly'>>,
): RecordRule {
  const { startMs, rate, keyField, timeField, timeScale, timeUnit, timeOutliers } = facts
  return recordRule({
    startMs,
    intervalMs,
    rate,
    keyField: keyField ?? undefined,
    timeField: timeField ?? undefined,
    timeScale,
    timeUnit: timeUnit ?? undefined,
    timeOutliers: timeOutliers ?? undefined,
    from,
    ...dates,
  })
}
