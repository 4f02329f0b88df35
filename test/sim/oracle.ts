// What must hold once all is quiet, computed from everything ever written: a plain fold that imports nothing of the engine but types.
import type { BatchEntry, Entry, ReceiverEntry, TaskEntry } from '../../lib/runtime/entries/entry.ts'
import type { SimulatedRecord, SimulatedShard } from '../../lib/testing/simulated-stream.ts'
import { INTERVAL, type Batch, type Rec } from './folds.ts'
import type { World } from './world.ts'

/** Without faults a batch is finished long before. */
const LATE = 30_000

type Numbered<E> = E & { readonly n: number; readonly putAt: number }

/** Returns what is wrong, at most a handful of sentences. `decode` is the only thing it is lent. */
export function judge(world: World, decode: (bytes: Uint8Array) => Entry): readonly string[] {
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
  const entries = <E extends Entry>(log: string): Numbered<E>[] => (logs.get(log) ?? []) as unknown as Numbered<E>[]

  checkLogs(logs, say)
  const batches = entries<BatchEntry>('batch')
  const consumed = checkReceivers(world, entries, say)
  const composed = compose(world, batches, consumed, say)
  checkOutputs(world, batches, composed, entries, say)
  checkOnce(world, composed, say)
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

interface Consumed {
  readonly n: number
  readonly time: number
  readonly rec: Rec
}

/** Each record is in its shard's receiver log once, in order; returns them with entry number and block time, computed anew. */
function checkReceivers(
  world: World,
  entries: <E extends Entry>(log: string) => Numbered<E>[],
  say: (text: string) => void,
): ReadonlyMap<string, readonly Consumed[]> {
  const all = new Map<string, readonly Consumed[]>()
  for (const stream of world.streams) {
    for (const shard of stream.shards) {
      const name = `${stream.name}/${shard.id}`
      const list: Consumed[] = []
      let next = 0
      let max = 0
      for (const e of entries<ReceiverEntry>(`rec/${name}`)) {
        let bad = 0
        for (let i = 0; i < e.records; i++) {
          const record: SimulatedRecord | undefined = shard.records[next++]
          if (record === undefined) {
            say(`rec/${name}#${e.n} holds more records than there are`)
            continue
          }
          max = Math.max(max, Math.min(record.arrivalMs, e.at))
          const rec = JSON.parse(Buffer.from(record.data).toString()) as Rec
          if (rec.bad === true) bad++
          list.push({ n: e.n, time: (Math.floor(max / INTERVAL) + 1) * INTERVAL, rec })
        }
        if ((e.deadLetters?.count ?? 0) !== bad) say(`rec/${name}#${e.n} has ${e.deadLetters?.count ?? 0} dead letters for ${bad} bad records`)
        if (e.deadLetters !== null && !world.stores.objectWrites.has(e.deadLetters.key)) say(`rec/${name}#${e.n} names dead letters that are not there`)
        const at = shard.records[next - 1]?.sequenceNumber
        if (e.records > 0 && at !== e.last.sequenceNumber) say(`rec/${name}#${e.n} ends at ${e.last.sequenceNumber} after ${next} records, which is ${at}`)
        if (max > e.at) say(`rec/${name}#${e.n}: maxTime ahead of the clock`)
        if (e.maxTime !== max && !world.on.expiry) say(`rec/${name}#${e.n}: maxTime ${e.maxTime} instead of ${max}`)
        if (world.on.expiry) max = e.maxTime
      }
      if (next !== shard.records.length) say(`rec/${name} holds ${next} of ${shard.records.length} records`)
      all.set(name, list)
    }
  }
  return all
}

/** What each batch consists of, by the rule of the design: the first batch that has both seen a block's entry and reached its time. */
function compose(
  world: World,
  batches: readonly Numbered<BatchEntry>[],
  consumed: ReadonlyMap<string, readonly Consumed[]>,
  say: (text: string) => void,
): readonly Batch[] {
  const left = new Map([...consumed].map(([name, list]) => [name, [...list]]))
  let previous = 0
  const composed = batches.map((batch): Batch => {
    if (batch.time <= previous || batch.time % INTERVAL !== 0) say(`batch ${batch.n}: time ${batch.time} after ${previous}`)
    previous = batch.time
    const records: Batch['records'][number][] = []
    for (const row of batch.rows) {
      const name = `${row.stream}/${row.shard}`
      const stay: Consumed[] = []
      const taken = new Map<number, number>()
      for (const one of left.get(name) ?? []) {
        if (one.n <= row.to && Math.max(one.time, row.floor) <= batch.time) {
          records.push({ stream: row.stream, rec: one.rec })
          taken.set(one.n, (taken.get(one.n) ?? 0) + 1)
        } else stay.push(one)
      }
      const sizes = [...taken.values()]
      // In whole entries, at least one; and the rest of one that an earlier batch has begun.
      const counted = sizes.reduce((a, b) => a + b, 0) - Math.max(0, ...sizes)
      if (counted > world.bounds.maxRecords)
        say(`batch ${batch.n} takes ${counted} records of ${name} beside its largest entry; the bound is ${world.bounds.maxRecords}`)
      left.set(name, stay)
    }
    return { time: batch.time, records }
  })
  for (const [name, list] of left) if (list.length > 0) say(`${name}: ${list.length} records in no batch`)
  return composed
}

function checkOutputs(
  world: World,
  batches: readonly Numbered<BatchEntry>[],
  composed: readonly Batch[],
  entries: <E extends Entry>(log: string) => Numbered<E>[],
  say: (text: string) => void,
): void {
  const expected = world.program.expected(composed)
  const effects = new Map([...world.effects].map(([id, calls]) => [id.split('/').slice(-2).join('/'), calls]))
  const mine = new Set<string>()
  let due: number[] = []
  let before = 0
  let lastSuccess = 0
  batches.forEach((batch, k) => {
    for (const at of due) if (at > before && at < batch.time) say(`batch ${k}: due time ${at} was skipped, its time is ${batch.time}`)
    before = batch.time
    due = []
    // A version without an operator computes nothing for it: where two versions shared a batch, its output is what one of them made.
    const deploys = new Set<number>()
    for (const [stage, partitions] of batch.tasks) {
      for (let r = 0; r < partitions; r++) {
        const e = entries<TaskEntry>(`task/${stage}/${r}`).find((x) => x.n === batch.n)
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
      for (const [key, writes] of world.stores.objectWrites) {
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
      if (a !== b && (world.program.always.includes(prefix) || (deploys.size === 1 && got.some((line) => !want.includes(line)))))
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

/** Each record is in one batch, and a key's records of one shard and its parents are in order. */
function checkOnce(world: World, composed: readonly Batch[], say: (text: string) => void): void {
  const place = new Map<string, number>()
  composed
    .flatMap((batch) => batch.records)
    .forEach(({ rec }, i) => {
      if (place.has(rec.id)) say(`${rec.id} is in two batches`)
      place.set(rec.id, i)
    })
  for (const id of world.produced.keys()) if (!place.has(id)) say(`${id} was produced and is in no batch`)
  const ids = (shard: SimulatedShard): string[] => shard.records.map((record) => (JSON.parse(Buffer.from(record.data).toString()) as Rec).id)
  const max = (list: readonly string[]): number => Math.max(-1, ...list.map((id) => place.get(id) ?? -1))
  for (const stream of world.streams) {
    for (const shard of stream.shards) {
      const own = ids(shard)
      own.forEach((id, i) => {
        const next = own[i + 1]
        if (next !== undefined && (place.get(next) ?? 0) < (place.get(id) ?? 0)) say(`${next} comes before ${id}, which is older in ${shard.id}`)
      })
      for (const parent of shard.parents) {
        const first = Math.min(Infinity, ...own.map((id) => place.get(id) ?? Infinity))
        if (max(ids(parent)) > first) say(`a record of ${shard.id} comes before one of its parent ${parent.id}`)
      }
    }
  }
}
