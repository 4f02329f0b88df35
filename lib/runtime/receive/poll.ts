import { encodeValue } from '../../codec/rows.ts'
import type { Poll } from '../../dstream/node.ts'
import type { RawRecord } from '../../plan/compute.ts'
import { polled, POLL_PARTITION } from '../../sources/poll/source.ts'
import { MillraceError } from '../../values/errors.ts'
import { count, timed, type Head, type Invocation } from '../invocation.ts'
import type { ReceiverEntry } from '../entries/entry.ts'
import { receiverLog } from '../entries/log-names.ts'
import type { LogKey } from '../ports/log.ts'
import { decide } from '../logs/read-log.ts'
import { COMMIT_RESERVE_MS } from '../settings.ts'
import { askReceiver } from './ask-receiver.ts'
import { draft, ensureCompatible, headOf, receiverHead, sendTicks, stopForNewer, store, untold, type ReceiveRequest } from './receive.ts'

export interface PollResult {
  /** Records that were committed. */
  readonly records: number
  /** The poll filled its limit: more is there. */
  readonly again: boolean
}

/**
 * Asks a receiver of one's own once, from the position in its log's newest entry, and commits what it brings as the next one, together with the new position. Who loses that put throws
 * its own away: whoever won had the same position. Nothing new is no entry.
 */
export async function poll(run: Invocation, stream: string, signal: AbortSignal): Promise<PollResult> {
  const receiver = run.plan.inputs.find((input) => input.stream === stream)?.poll
  if (receiver === undefined)
    throw new MillraceError(
      'BAD_EVENT',
      `job '${run.plan.name}' was asked to poll '${stream}', which is none of its receiverStreams: remove the rule that somebody else made`,
    )
  const log = receiverLog(stream, POLL_PARTITION)
  await ensureCompatible(run)
  const head = await timed(run, 'head', () => receiverHead(run, requestOf(stream, undefined, [], receiver)))
  stopForNewer(run, log, head)
  const before = head.carry as string | undefined
  const deadline = run.now() + run.deadline.remainingMs() - COMMIT_RESERVE_MS
  const { records, position } = await timed(run, 'poll', () => askReceiver({ stream, receiver, before, deadline, signal }))
  if (records.length === 0 && position === before) return { records: 0, again: false }

  const key: LogKey = { log, n: head.n + 1 }
  const request = requestOf(stream, position, recordsOf(run, stream, key.n, records), receiver)
  const entry = records.length === 0 ? moved(run, head, position) : await whole(run, request, key, head)
  const decided = await timed(run, 'put', () => decide(run, key, entry))
  run.memory.heads.delete(log)
  if (!decided.mine) return { records: 0, again: false }
  count(run, 'records', records.length)
  if (records.length > 0) await sendTicks(run, headOf(key.n, entry), untold(run, entry.times, head), head.behind && !entry.behind)
  return { records: records.length, again: request.full }
}

function requestOf(stream: string, position: string | undefined, records: readonly RawRecord[], { limit }: Poll): ReceiveRequest {
  return { source: polled(position), stream, shard: POLL_PARTITION, records, full: records.length >= limit }
}

function recordsOf(run: Invocation, stream: string, n: number, records: readonly unknown[]): readonly RawRecord[] {
  const arrivalMs = run.now()
  return records.map((record, index) => ({ data: encodeValue(record), sequenceNumber: String(n), index, partitionKey: stream, arrivalMs }))
}

/** The entry of all records. A part of them under the position of all would lose the rest. */
async function whole(run: Invocation, request: ReceiveRequest, key: LogKey, head: Head): Promise<ReceiverEntry> {
  const drafted = await timed(run, 'compute', () => draft(run, request, head, 0))
  const { length } = request.records
  if (drafted.consumed < length)
    throw new MillraceError(
      'LIMIT_EXCEEDED',
      `a poll of receiverStream '${request.stream}' brought ${length} records, of which ${drafted.consumed} fit into an entry (64 MiB) or the time that is left: lower its limit`,
    )
  return timed(run, 'put', () => store(run, key, drafted))
}

/** The entry of a new position alone. Its time is such that the next block is none before the last one. */
function moved(run: Invocation, head: Head, position: string): ReceiverEntry {
  return {
    kind: 'receiver',
    deploy: run.deploy,
    id: run.newId(),
    at: run.now(),
    last: head.last ?? { sequenceNumber: '0', index: 0 },
    maxTime: Math.max(head.maxTime, head.lastTime - 1),
    behind: false,
    records: 0,
    times: [],
    blocks: [],
    deadLetters: null,
    tables: {},
    carry: position,
  }
}
