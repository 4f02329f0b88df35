// What must hold once all is quiet, computed from everything ever written: a plain fold that imports nothing of the engine but types.
import type { BatchEntry, Block, Bytes, Entry, InputEntry, ReceiverEntry, TaskEntry } from '../../lib/runtime/entries/entry.ts'
import type { SimulatedRecord, SimulatedShard } from '../../lib/testing/simulated-stream.ts'
import { DRAINED, type Batch, type Rec } from './folds.ts'
import { place, type Received, type ReceivedEntry, type ShardLog } from './placement.ts'
import type { World } from './world.ts'

/** The rule's tick comes once a minute, perhaps to a process whose clock is 10 s behind; so long after its time a batch is finished for certain. */
const LATE = 90_000
/** What a row costs at least, as semantics.md says. */
const ROW_BYTES = 64

type Numbered<E> = E & { readonly n: number; readonly putAt: number }

/** All that the oracle is lent: how bytes are read. */
export interface Lent {
  readonly decode: (bytes: Uint8Array) => Entry
  readonly decompress: (bytes: Uint8Array) => Uint8Array
}

/** Returns what is wrong, at most a handful of sentences. */
export function judge(world: World, { decode, decompress }: Lent): readonly string[] {
  const bad: string[] = [...world.problems]
  const say = (text: string): void => {
    if (bad.length < 6) bad.push(text)
  }
  const logs = new Map<string, Numbered<Entry>[]>()
  for (const [log, items] of world.stores.entries)
    logs.set(
      log,
      items.map(({ n, at, bytes }) => ({ ...decode(bytes), n, putAt: at })),
    )
  const sizeOf = (data: Bytes): number => {
    if ('inline' in data) return data.inline.length
    if (!world.on.bounded) return 0
    const object = world.stores.objectWrites.get(data.key)?.at(-1)?.bytes
    if (object === undefined) say(`object ${data.key} was never written`)
    return object === undefined ? 0 : decompress(object.subarray(data.offset, data.offset + data.length)).length
  }
  const entries = <E extends Entry>(log: string): Numbered<E>[] => (logs.get(log) ?? []) as unknown as Numbered<E>[]

  checkLogs(logs, say)
  const batches = entries<BatchEntry>('batch')
  const received = checkReceivers(world, entries, { say, sizeOf })
  const seen = readTrail(world, say)
  const composed = place(world, batches, { logs: received, inputs: entries<InputEntry>('inputs'), seen }, say)
  checkBounds(world, batches, received, { seen, say })
  checkOutputs(world, batches, composed, entries, say)
  checkOrder(world, seen, say)
  return bad
}

function checkLogs(logs: ReadonlyMap<string, readonly Numbered<Entry>[]>, say: (text: string) => void): void {
  for (const [log, items] of logs) {
    const seen = new Set<number>()
    let deploy = 0
    let last: number | undefined
    for (const { n, deploy: d } of items) {
      if (seen.has(n)) say(`${log}#${n} was put twice`)
      seen.add(n)
      // A task's log has no entries for batches in which its stage did not exist.
      if (last !== undefined && n !== last + 1 && !(log.startsWith('task/') && n > last)) say(`${log}: entry ${n} after ${last}`)
      last = n
      if (d < deploy) say(`${log}#${n}: deploy ${d} after ${deploy}`)
      deploy = Math.max(deploy, d)
    }
  }
}

/** Each record is in its shard's receiver log once, in order; returns them with entry number and block time, computed anew. */
function checkReceivers(
  world: World,
  entries: <E extends Entry>(log: string) => Numbered<E>[],
  { say, sizeOf }: { readonly say: (text: string) => void; readonly sizeOf: (data: Bytes) => number },
): readonly ShardLog[] {
  return world.streams.flatMap((stream) =>
    stream.shards.map((shard): ShardLog => {
      const log = `rec/${stream.name}/${shard.id}`
      const records: Received[] = []
      const received: ReceivedEntry[] = []
      let max = 0
      for (const e of entries<ReceiverEntry>(log)) {
        const name = `${log}#${e.n}`
        const clock = world.portTrace.clocks.get(name)
        if (clock === undefined) say(`${name} was put by nobody`)
        const intervalMs = world.intervalOf(e.deploy)
        const times = new Set<number>()
        let bad = 0
        for (let i = 0; i < e.records; i++) {
          const record: SimulatedRecord | undefined = shard.records[records.length]
          if (record === undefined) {
            say(`${name} holds more records than there are`)
            break
          }
          max = Math.max(max, Math.min(record.arrivalMs, clock ?? 0))
          // A deploy that makes the interval finer does not put a record before the one before it.
          const time = Math.max((Math.floor(max / intervalMs) + 1) * intervalMs, records.at(-1)?.time ?? 0)
          const rec = JSON.parse(Buffer.from(record.data).toString()) as Rec
          if (rec.bad === true) bad++
          times.add(time)
          records.push({ n: e.n, time, rec })
        }
        if ((e.deadLetters?.count ?? 0) !== bad) say(`${name} has ${e.deadLetters?.count ?? 0} dead letters for ${bad} bad records`)
        if (e.deadLetters !== null && !world.stores.objectWrites.has(e.deadLetters.key)) say(`${name} names dead letters that are not there`)
        const at = shard.records[records.length - 1]?.sequenceNumber
        if (e.records > 0 && at !== e.last.sequenceNumber) say(`${name} ends at ${e.last.sequenceNumber} after ${records.length} records, which is ${at}`)
        if (e.times.join() !== [...times].join()) say(`${name} says that its records are of ${e.times.join()}; they are of ${[...times].join()}`)
        received.push({ n: e.n, putAt: e.putAt, records: e.records, bytes: bytesOf(e.blocks, { times, sizeOf, say: (what) => say(`${name}: ${what}`) }) })
      }
      if (records.length !== shard.records.length) say(`${log} holds ${records.length} of ${shard.records.length} records`)
      return { stream: stream.name, shard, records, entries: received }
    }),
  )
}

function bytesOf(
  blocks: readonly Block[],
  { times, sizeOf, say }: { readonly times: ReadonlySet<number>; readonly sizeOf: (data: Bytes) => number; readonly say: (text: string) => void },
): ReceivedEntry['bytes'] {
  const all = new Map<number, Map<number, number>>()
  for (const { time, partition, rows, data } of blocks) {
    if (!times.has(time)) say(`a block of ${time}, and no record of that time`)
    const ofTime = all.get(time) ?? new Map<number, number>()
    all.set(time, ofTime)
    ofTime.set(partition, (ofTime.get(partition) ?? 0) + Math.max(sizeOf(data), rows * ROW_BYTES))
  }
  return all
}

/** Every program puts out the ids of a batch's good records: returns the batch time of each. */
function readTrail(world: World, say: (text: string) => void): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  for (const [key, writes] of world.stores.objectWrites) {
    const time = /^ids-(\d+)\/part-/.exec(key)?.[1]
    if (time === undefined) continue
    const lines = Buffer.from(writes.at(-1)?.bytes ?? '')
      .toString()
      .split('\n')
    for (const line of lines.filter(Boolean)) {
      const id = JSON.parse(line) as string
      if (seen.has(id)) say(`${id} is in two batches, or twice in one`)
      if (!world.produced.has(id)) say(`${id} was never produced`)
      seen.set(id, Number(time))
    }
  }
  return seen
}

/** Whole entries, as far as the bound goes, but at least one; and the rest of one that an earlier batch has begun. */
function checkBounds(
  world: World,
  batches: readonly Numbered<BatchEntry>[],
  received: readonly ShardLog[],
  { seen, say }: { readonly seen: ReadonlyMap<string, number>; readonly say: (text: string) => void },
): void {
  if (world.bounds.maxRecords === Infinity) return
  for (const { stream, shard, records } of received) {
    const taken = new Map<number, Map<number, number>>()
    for (const { n, rec } of records) {
      const time = seen.get(rec.id)
      if (time === undefined) continue
      const ofBatch = taken.get(time) ?? new Map<number, number>()
      taken.set(time, ofBatch)
      ofBatch.set(n, (ofBatch.get(n) ?? 0) + 1)
    }
    for (const { n, time } of batches) {
      const sizes = [...(taken.get(time)?.values() ?? [])]
      const counted = sizes.reduce((a, b) => a + b, 0) - Math.max(0, ...sizes)
      if (counted > world.bounds.maxRecords)
        say(`batch ${n} takes ${counted} records of ${stream}/${shard.id} beside its largest entry; the bound is ${world.bounds.maxRecords}`)
    }
  }
}

/** The batches, and the times of the grid between them and after the last, for as long as there may be something to put out. */
function fillGrid(world: World, batches: readonly Batch[]): readonly Batch[] {
  const { intervalMs } = world
  return batches.flatMap((batch, k) => {
    const until = Math.min(batches[k + 1]?.time ?? world.time.now() - LATE, batch.time + DRAINED * intervalMs)
    const between: Batch[] = []
    for (let time = batch.time + intervalMs; time < until; time += intervalMs) between.push({ time, records: [] })
    return [batch, ...between]
  })
}

function checkOutputs(
  world: World,
  batches: readonly Numbered<BatchEntry>[],
  composed: readonly Batch[],
  entries: <E extends Entry>(log: string) => Numbered<E>[],
  say: (text: string) => void,
): void {
  const grid = fillGrid(world, composed)
  const all = world.program.expected(grid, world.intervalMs)
  const at = new Map(all.map((one, i) => [grid[i]?.time, one]))
  const expected = batches.map((batch) => at.get(batch.time))
  const times = new Set(batches.map((batch) => batch.time))
  for (const [i, { files, effect }] of all.entries()) {
    const time = grid[i]?.time ?? 0
    if (!times.has(time) && (effect.length > 0 || [...files.values()].some((rows) => rows.length > 0)))
      say(`no batch was made of ${time}, and its outputs are ${[...files].filter(([, rows]) => rows.length > 0).map(([name]) => name)}`)
  }
  const tasks = new Map([...world.stores.entries.keys()].map((log) => [log, new Map(entries<TaskEntry>(log).map((e) => [e.n, e]))]))
  const files = Map.groupBy(world.stores.objectWrites, ([key]) => key.slice(0, key.lastIndexOf('/')))
  const effects = new Map([...world.effects].map(([id, calls]) => [id.split('/').slice(-2).join('/'), calls]))
  const mine = new Set<string>()
  let due: number[] = []
  let before = 0
  let lastSuccess = 0
  let lastDeploys = new Set<number>()
  batches.forEach((batch, k) => {
    if (batch.time <= before || batch.time % world.intervalOf(batch.deploy) !== 0) say(`batch ${batch.n}: time ${batch.time} after ${before}`)
    for (const at of due) if (at > before && at < batch.time) say(`batch ${k}: due time ${at} was skipped, its time is ${batch.time}`)
    before = batch.time
    due = []
    // A version without an operator computes nothing for it: where two versions shared a batch, its output is what one of them made. What it left comes with the next batch.
    const deploys = new Set<number>()
    for (const [stage, partitions] of batch.tasks) {
      for (let r = 0; r < partitions; r++) {
        const e = tasks.get(`task/${stage}/${r}`)?.get(batch.n)
        if (e !== undefined) deploys.add(e.deploy)
        if (e === undefined) say(`batch ${batch.n} has no entry of task ${stage}/${r}`)
        else if (e.deploy < batch.deploy) say(`task ${stage}/${r} of batch ${batch.n}: deploy ${e.deploy} below the batch's ${batch.deploy}`)
        else if (e.nextDue !== null) due.push(e.nextDue)
        if (e?.outputs.some((o) => o.kind === 'rows' && o.operator === 'effect') === true && !effects.has(`${batch.time}/${r}`))
          say(`foreachRDD of batch ${batch.n} partition ${r} was never called`)
      }
    }
    const seen = Array.from({ length: Math.max(...batch.tasks.map(([, partitions]) => partitions)) }, (_, r) => effects.get(`${batch.time}/${r}`) ?? [])
    for (const calls of seen)
      if (calls.some((rows) => rows.join() !== calls[0]?.join())) say(`foreachRDD of batch ${batch.n} was called with different rows under one id`)
    const called = seen
      .flatMap((calls) => calls[0] ?? [])
      .sort()
      .join(' ')
    const wanted = [...(expected[k]?.effect ?? [])].sort().join(' ')
    if (called !== wanted) say(`foreachRDD of batch ${batch.n} got ${called.slice(0, 200)} instead of ${wanted.slice(0, 200)}`)
    let latest = lastSuccess
    const versions = new Set([...lastDeploys, ...deploys])
    lastDeploys = deploys
    for (const [directory, want] of expected[k]?.files ?? []) {
      const success = world.stores.objectWrites.get(`${directory}/_SUCCESS`)
      const prefix = directory.slice(0, directory.lastIndexOf('-'))
      if (success === undefined) {
        if (world.program.always.includes(prefix)) say(`batch ${batch.n}: ${directory} has no _SUCCESS`)
        continue
      }
      mine.add(`${directory}/_SUCCESS`)
      const closedAt = success[0]?.at ?? 0
      if (closedAt < lastSuccess) say(`${directory}/_SUCCESS was written before that of an earlier batch`)
      latest = Math.max(latest, closedAt)
      const got: string[] = []
      const manifest = JSON.parse(Buffer.from(success.at(-1)?.bytes ?? '').toString()) as {
        readonly parts: readonly { readonly name: string; readonly rows: number }[]
      }
      for (const [key, writes] of files.get(directory) ?? []) {
        if (!key.startsWith(`${directory}/part-`)) continue
        mine.add(key)
        const final = writes.at(-1)?.bytes ?? new Uint8Array(0)
        const lines = Buffer.from(final).toString().split('\n').filter(Boolean)
        got.push(...lines)
        if ((writes[0]?.at ?? 0) > closedAt) say(`${key} appeared after its _SUCCESS`)
        if (writes.some((w) => !Buffer.from(w.bytes).equals(Buffer.from(final)))) say(`${key} was written with different contents`)
        if (manifest.parts.find((p) => `${directory}/${p.name}` === key)?.rows !== lines.length) say(`${key} is not in its _SUCCESS with ${lines.length} rows`)
      }
      const [a, b] = [[...got].sort().join(' '), [...want].sort().join(' ')]
      if (a !== b && (world.program.always.includes(prefix) || (versions.size === 1 && got.some((line) => !want.includes(line)))))
        say(`${directory}: ${a.slice(0, 200)} instead of ${b.slice(0, 200)}`)
    }
    lastSuccess = latest
  })
  for (const at of due) if (at <= before) say(`due time ${at} is not after the last batch`)
  // What never rests is judged while it runs; it may be late by what a tick and a batch take.
  const waits = world.program.endless === true ? due.filter((at) => at < world.time.now() - LATE) : due
  if (waits.length > 0) say(`a due time never came: ${waits.join()}`)
  for (const key of world.stores.objectWrites.keys()) if (!key.startsWith('_millrace/') && !mine.has(key)) say(`${key}: nobody's file`)
}

/** A shard's records are in order, and after those of its parents. */
function checkOrder(world: World, seen: ReadonlyMap<string, number>, say: (text: string) => void): void {
  const times = (shard: SimulatedShard): { readonly id: string; readonly at: number }[] =>
    shard.records.flatMap((record) => {
      const { id } = JSON.parse(Buffer.from(record.data).toString()) as Rec
      const at = seen.get(id)
      return at === undefined ? [] : [{ id, at }]
    })
  for (const { shards } of world.streams) {
    for (const shard of shards) {
      const own = times(shard)
      own.forEach(({ id, at }, i) => {
        const next = own[i + 1]
        if (next !== undefined && next.at < at) say(`${next.id} is in an earlier batch than ${id}, which is older in ${shard.id}`)
      })
      for (const parent of shard.parents)
        if ((times(parent).at(-1)?.at ?? 0) > (own[0]?.at ?? Infinity))
          say(`a record of ${shard.id} is in an earlier batch than one of its parent ${parent.id}`)
    }
  }
}
