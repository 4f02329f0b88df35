// This file is long because one function decides what becomes of an event: read the head, compute, commit, adopt, acknowledge; what it decides by stands beside it.
import { MillraceError } from '../../values/errors.ts'
import type { Source } from '../../sources/source.ts'
import type { RawRecord, ReceiveRun } from '../../plan/compute.ts'
import { openReceive } from '../../plan/open-receive.ts'
import { batchHead, checkKeeps, maxAge } from '../logs/batch-head.ts'
import { putDeadLetters } from '../logs/dead-letters.ts'
import { ancestorsOf, type Ancestors } from '../entries/ancestors.ts'
import { decodeEntry } from '../entries/entry-codec.ts'
import type { InputEntry, ReceiverEntry } from '../entries/entry.ts'
import { count, timed, type BatchHead, type Head, type Invocation } from '../invocation.ts'
import { INPUT_LOG, receiverLog } from '../entries/log-names.ts'
import type { LogKey } from '../ports/log.ts'
import { decide, find, obey, readOn } from '../logs/read-log.ts'
import { COMMIT_RESERVE_MS, MAX_DELAY_MS, MAX_ENTRY_RECORD_BYTES, SETTLE_MS, SLACK_MS } from '../settings.ts'
import { inlineBlocks, movedBlocks, spill } from '../logs/spill.ts'
import { observeTables } from '../logs/table-changes.ts'

/** The records of one invocation: of one shard, in order. */
export interface ReceiveRequest {
  /** What is to be known of where they come from. */
  readonly source: Source
  readonly stream: string
  readonly shard: string
  readonly records: readonly RawRecord[]
  /** The event was as large as events get, so more is waiting. */
  readonly full: boolean
}

export interface ReceiveResult {
  /** Records that an entry holds now, of this invocation or an earlier one. The rest is to be delivered again. */
  readonly consumed: number
  /** Of them, those that an earlier entry held already. */
  readonly duplicates: number
}

/** Stage 0: what arrived is computed up to the first shuffle and committed by one put. At least once in, exactly once out. */
export async function receive(run: Invocation, request: ReceiveRequest): Promise<ReceiveResult> {
  const { source, stream, shard, records } = request
  const lastRecord = records.at(-1)
  if (lastRecord === undefined) return { consumed: 0, duplicates: 0 }
  if (!run.plan.inputs.some((input) => input.stream === stream)) {
    throw new MillraceError(
      'BAD_EVENT',
      `records of stream '${stream}' came to job '${run.plan.name}', which reads ${run.plan.inputs.map((i) => `'${i.stream}'`).join(', ')}; remove the event source mapping, or add the stream to the program. Its records stay in the stream`,
    )
  }
  const log = receiverLog(stream, shard)
  await ensureCompatible(run)
  const known = run.memory.heads.get(log)
  const remembered = known !== undefined && run.now() - known.readAtMs <= maxAge(run) ? known : undefined
  let head: Head = remembered ?? (await timed(run, 'head', () => receiverHead(run, request)))
  // Where several processes take turns on a shard, what is remembered is old: to look is cheaper than a put that fails.
  if (remembered !== undefined && run.memory.looksFirst && isAfter(source, lastRecord, head)) {
    const seen = head.n
    head = await timed(run, 'head', () => readForward(run, log, head))
    run.memory.looksFirst = head.n > seen
  }
  let firstTime: number | null | undefined
  let freed = false
  let consumed = records.length
  let duplicates: number
  for (;;) {
    stopForNewer(run, log, head)
    const { last } = head
    const start = last === null ? 0 : records.findIndex((record) => source.comparePositions(record, last) > 0)
    duplicates = start < 0 ? records.length : start
    if (duplicates > 0) source.refuseOther(records.slice(0, duplicates), { stream, shard, n: head.n, at: head.at, carry: head.carry })
    if (start < 0) break
    const key: LogKey = { log, n: head.n + 1 }
    const drafted = await timed(run, 'compute', () => draft(run, request, head, start))
    const entry = await timed(run, 'put', () => store(run, key, drafted))
    const decided = await timed(run, 'put', () => decide(run, key, entry))
    if (decided.mine) {
      freed = head.behind && !entry.behind
      // Duplicates say that an attempt before this one failed: perhaps before its tick.
      firstTime = start > 0 ? entry.times[0] : untold(run, entry.times, head)
      consumed = start + drafted.consumed
      observeTables(run, key, head.tables, entry.tables)
      head = headOf(key.n, entry)
      break
    }
    run.memory.looksFirst = true
    head = await readForward(run, log, headOf(key.n, obey(run, decided.entry)))
  }
  if ((run.memory.heads.get(log)?.n ?? -1) <= head.n) run.memory.heads.set(log, { ...head, readAtMs: run.now() })
  count(run, 'records', consumed - duplicates)
  count(run, 'duplicates', duplicates)
  await sendTicks(run, head, firstTime, freed)
  return { consumed, duplicates }
}

export function stopForNewer(run: Invocation, log: string, head: Head): void {
  if (head.deploy > run.deploy)
    throw new MillraceError(
      'NEWER_DEPLOY',
      `deploy ${head.deploy} has written to ${log} already and this is deploy ${run.deploy}: it stops, the retry lands on the new one`,
    )
}

function isAfter(source: Source, record: RawRecord, { last }: Head): boolean {
  return last === null || source.comparePositions(record, last) > 0
}

/** Returns the head after reading on from a known one. */
async function readForward(run: Invocation, log: string, head: Head): Promise<Head> {
  const [later = []] = await readOn(run, 'receiver', [{ log, from: head.n + 1 }], { consistent: false, ahead: 2 })
  const newest = later.at(-1)
  return newest === undefined ? head : headOf(head.n + later.length, obey(run, newest))
}

/** Returns the first block time of an entry for which the entry before it has not sent a tick that is still to come; null: it has for all. */
export function untold(run: Invocation, times: readonly number[], before: Head): number | null {
  const { intervalMs } = run.plan
  const told = (Math.floor(before.maxTime / intervalMs) + 1) * intervalMs
  const isToCome = before.deploy === run.deploy && told + run.settings.batchingWindowMs + SLACK_MS > run.now()
  return (isToCome ? times.find((time) => time > told) : times[0]) ?? null
}

export function headOf(n: number, e: ReceiverEntry): Head {
  return { n, last: e.last, maxTime: e.maxTime, lastTime: e.times.at(-1) ?? 0, deploy: e.deploy, at: e.at, behind: e.behind, tables: e.tables, carry: e.carry }
}

/** Once per process: a program whose state cannot be taken up must not commit blocks that nobody will read. */
export async function ensureCompatible(run: Invocation): Promise<void> {
  if (run.memory.compatible || Object.keys(run.plan.keeps).length === 0) return
  const { entry } = await batchHead(run)
  if (entry !== null) checkKeeps(run, entry)
  run.memory.compatible = true
}

/** Where the receiver log ends, when this process does not know. */
export async function receiverHead(run: Invocation, request: ReceiveRequest): Promise<Head> {
  const { stream, shard } = request
  const log = receiverLog(stream, shard)
  const item = await run.ports.log.newest(log)
  const newest = item === null ? null : headOf(item.n, asReceiver(decodeEntry(item.bytes, `entry ${log}#${item.n}`), `${log}#${item.n}`))
  // Time to live deletes in any order: the newest entry of an old log need not be its last.
  if (newest !== null && newest.at + (run.settings.retentionMs * 2) / 3 > run.now()) return newest
  const batch = await batchHead(run)
  const row = batch.entry?.rows.find((r) => r.stream === stream && r.shard === shard)
  if (row === undefined) {
    await register(run, request, batch)
    return { n: -1, last: null, maxTime: 0, lastTime: 0, deploy: 0, at: 0, behind: false, tables: {} }
  }
  const known = Math.max(row.to, row.holds ?? -1)
  if (newest !== null && newest.n > row.to && newest.n >= known) return newest
  if (known > row.to || (row.to >= 0 && row.last === null))
    throw new MillraceError(
      'MISSING_ENTRY',
      `the last entry ${known} of ${log} is gone and the newest batch does not say where it ended: either an entry came in between, then the retry sees it, or the log has expired`,
    )
  return { n: row.to, last: row.last, carry: row.carry, maxTime: 0, lastTime: 0, deploy: 0, at: 0, behind: false, tables: {} }
}

function asReceiver(entry: { readonly kind: string }, name: string): ReceiverEntry {
  if (entry.kind !== 'receiver')
    throw new MillraceError('CORRUPT_ENTRY', `entry ${name} is of kind '${entry.kind}' and must be 'receiver': something else has written there`)
  return entry as ReceiverEntry
}

/** Before a partition's first entry everybody must be able to learn of the partition, and of whom it came from. */
async function register(run: Invocation, { source, stream, shard }: ReceiveRequest, batch: BatchHead): Promise<void> {
  for (const row of batch.entry?.rows ?? []) checkSource(source, stream, row)
  let ancestors: Ancestors | undefined | null = null
  for (let j = (batch.entry?.inputs ?? -1) + 1; ; j++) {
    const key: LogKey = { log: INPUT_LOG, n: j }
    let entry = await find(run, 'input', key, { consistent: true })
    if (entry === null) {
      if (ancestors === null) ancestors = source.hasAncestors ? await askAncestors(run, stream, shard) : NO_ANCESTORS
      const mine: InputEntry = {
        kind: 'input',
        deploy: run.deploy,
        id: run.newId(),
        at: run.now(),
        stream,
        shard,
        ...(ancestors && { ancestors }),
        ...(source.logged !== undefined && { source: source.logged }),
      }
      entry = (await decide(run, key, mine)).entry
    }
    obey(run, entry)
    checkSource(source, stream, entry)
    if (entry.stream === stream && entry.shard === shard) return
  }
}

/** A name stands for one kind of source: positions of two kinds in the logs of one name could not be told apart. */
function checkSource(source: Source, stream: string, known: { readonly stream: string; readonly shard: string; readonly source?: string }): void {
  if (known.stream !== stream || known.source === source.logged) return
  throw new MillraceError(
    'BAD_EVENT',
    `'${stream}' is ${source.logged ?? 'kinesis'} now, and in the job's logs ${known.source ?? 'kinesis'} (${known.shard}): a name stands for one kind of source; give the new one another name in the program`,
  )
}

const NO_ANCESTORS: Ancestors = { names: [], unlisted: [] }

/** Whom a shard came from. Nothing waits for the answer: where there is none, the shard waits for all that were there before it. */
async function askAncestors(run: Invocation, stream: string, shard: string): Promise<Ancestors | undefined> {
  const { shards } = run.ports
  if (shards === undefined) return NO_ANCESTORS
  try {
    return ancestorsOf(await timed(run, 'shards', () => shards.list(stream)), shard)
  } catch (error) {
    run.observe({
      event: 'warning',
      message: `the shards of stream '${stream}' cannot be listed (${(error as Error).message}): let the receive function's role call kinesis:ListShards, and in a VPC give it an interface endpoint for kinesis-streams`,
    })
    return undefined
  }
}

export interface Draft {
  /** Arrival of the first of them. */
  readonly firstTime: number
  readonly finished: ReturnType<ReceiveRun['finish']>
  readonly consumed: number
  readonly last: RawRecord
  readonly maxTime: number
  readonly times: readonly number[]
  readonly behind: boolean
  /** See ReceiverEntry. */
  readonly carry: unknown
}

/** After a record that threw so many events are taken carefully: going through an event twice costs what care does in about this many. */
const CAREFUL_EVENTS = 8

/** Runs the records after the head, as many as there is time for. */
export async function draft(run: Invocation, request: ReceiveRequest, head: Head, start: number): Promise<Draft> {
  const { memory } = run
  const tables = await run.tables()
  const attempt = (optimistic: boolean): Draft =>
    runRecords(run, request, { head, start, chain: openReceive(run.plan, request.stream, request.shard, { tables, optimistic }) })
  if (memory.carefulEvents === 0) {
    try {
      return attempt(true)
    } catch {
      // Half of a record may have taken effect. Functions are deterministic: what threw throws again, where it is known whose fault it is.
      memory.carefulEvents = CAREFUL_EVENTS
    }
  }
  const drafted = attempt(false)
  memory.carefulEvents = drafted.finished.deadLetters.length > 0 ? CAREFUL_EVENTS : memory.carefulEvents - 1
  return drafted
}

function runRecords(
  run: Invocation,
  { source, records, full }: ReceiveRequest,
  { head, start, chain }: { readonly head: Head; readonly start: number; readonly chain: ReceiveRun },
): Draft {
  const { intervalMs } = run.plan
  const now = run.now()
  const times: number[] = []
  let maxTime = head.maxTime
  let next = start
  for (; next < records.length; next++) {
    const record = records[next]
    if (record === undefined) break
    const inTime = next === start || next % 64 !== 0 || run.deadline.remainingMs() > COMMIT_RESERVE_MS
    if (!inTime || chain.sizeBytes > MAX_ENTRY_RECORD_BYTES) break
    maxTime = Math.max(maxTime, source.arrivalOf(record, now))
    // Of another deploy's interval the last block may be later: block times of a log only rise.
    const time = Math.max((Math.floor(maxTime / intervalMs) + 1) * intervalMs, head.lastTime)
    if (time !== times[times.length - 1]) times.push(time)
    chain.push(record, time)
  }
  const firstTime = (records[start] as RawRecord).arrivalMs
  const last = records[next - 1] as RawRecord
  const lastOfAll = records.at(-1) as RawRecord
  // A guess: an event does not say what else is waiting.
  const behind = next < records.length || source.isBehind({ last: lastOfAll, full }, { nowMs: now, waitMs: run.settings.batchingWindowMs + SETTLE_MS })
  const carry = source.carry?.(records.slice(start, next), head.carry)
  return { carry, firstTime, finished: chain.finish(), consumed: next - start, last, maxTime, times, behind }
}

/** Puts what must be there before the entry, and returns the entry. */
export async function store(run: Invocation, key: LogKey, drafted: Draft): Promise<ReceiverEntry> {
  const { firstTime, finished, consumed, last, maxTime, times, behind, carry } = drafted
  const id = run.newId()
  const entry: ReceiverEntry = {
    kind: 'receiver',
    deploy: run.deploy,
    id,
    at: run.now(),
    last: { sequenceNumber: last.sequenceNumber, index: last.index },
    maxTime,
    behind,
    records: consumed,
    times,
    blocks: inlineBlocks(finished.blocks),
    deadLetters: await putDeadLetters(run, key, id, finished.deadLetters),
    tables: finished.tables,
    firstTime,
    ...(carry !== undefined && { carry }),
  }
  const moved = await spill(
    run,
    key,
    entry,
    entry.blocks.map(({ data }) => ({ data, whole: false })),
  )
  if (moved.size === 0) return entry
  return { ...entry, blocks: movedBlocks(entry.blocks, moved) }
}

/** `firstTime` undefined: nothing but duplicates came, and whoever committed them may have died before its tick; null: no tick is missing. */
export async function sendTicks(run: Invocation, head: Head, firstTime: number | null | undefined, freed: boolean): Promise<void> {
  if (run.now() - head.at >= 60_000) return
  const { intervalMs } = run.plan
  // A block of a coarser interval's waits for this one's grid.
  const time =
    firstTime === null || firstTime === undefined ? (Math.floor(head.maxTime / intervalMs) + 1) * intervalMs : Math.ceil(firstTime / intervalMs) * intervalMs
  const inMs = time + run.settings.batchingWindowMs + SLACK_MS - run.now()
  // Whoever waited for this backlog need not wait for the minute rule.
  if (freed) await run.ports.messages.send({ kind: 'tick' }, 0)
  if (firstTime === null) return
  if (inMs <= MAX_DELAY_MS) await run.ports.messages.send({ kind: 'tick' }, inMs < -SETTLE_MS ? SETTLE_MS : Math.max(0, inMs))
}
