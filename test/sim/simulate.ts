import { decompress } from '../../lib/codec/rows.ts'
import { decodeEntry } from '../../lib/runtime/entries/entry-codec.ts'
import type { BatchEntry } from '../../lib/runtime/entries/entry.ts'
import { FAULTS, type Fault } from './faults.ts'
import { judge } from './oracle.ts'
import type { WorldOptions } from './world-options.ts'
import { RETENTION, World } from './world.ts'

const CALM = 30 * 60_000
/** A program that never rests makes a batch in every interval of it. */
const ENDLESS_CALM = 10 * 60_000
/** By then the last batch is finished, when nothing goes wrong. */
const SETTLED = 30_000

export interface Verdict {
  readonly world: World
  readonly bad: readonly string[]
  readonly batches: number
  /** No fault was on that may cost a second computation. */
  readonly quiet: boolean
  /** How many requests were made until everything produced had come through. */
  readonly requests: number
}

export interface SimulateOptions extends WorldOptions {
  /** After the last record, before the first judgement. */
  readonly calmMs?: number
  /** Between the judgements. */
  readonly silenceMs?: number
}

/** Runs one seed: chaos, calm, judgement, silence, judgement again. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Verdict> {
  const world = new World(seed, options)
  const batchesOf = (): BatchEntry[] => (world.stores.entries.get('batch') ?? []).map((item) => decodeEntry(item.bytes) as BatchEntry)
  const settle = async (): Promise<void> => {
    // Not in the middle of a batch; the steps are no multiple of the interval, or each would end in the middle of the next.
    for (let i = 0; i < 20; i++) {
      const k = batchesOf().length - 1
      const finished = k < 0 || (await world.stores.progress.get(k))?.names.has('finish') === true
      if (world.live === 0 && finished) return
      await world.time.runTo(world.time.now() + 7_300)
    }
  }
  await world.time.runTo(world.endAt)
  world.calm = true
  await world.time.runTo(world.endAt + SETTLED)
  const { requests } = world
  await world.time.runTo(world.endAt + (options.calmMs ?? (world.program.endless === true ? ENDLESS_CALM : CALM)))
  await settle()
  const bad = [...judge(world, { decode: decodeEntry, decompress })]
  const before = { puts: world.stores.puts, batches: batchesOf().length, reads: world.stores.reads, objects: writes(world) }
  if (bad.length === 0 && !world.program.restless) {
    const span = options.silenceMs ?? (seed % 8 === 0 ? 3 * RETENTION : 10 * 60_000)
    await world.time.runTo(world.time.now() + span)
    await settle()
    const fresh = batchesOf().slice(before.batches)
    const tasks = fresh.reduce((sum, batch) => sum + batch.tasks.reduce((n, [, partitions]) => n + partitions, 0), 0)
    if (fresh.some((batch) => !batch.full)) bad.push('a batch in silence')
    if (fresh.length > span / (RETENTION / 3) + 1) bad.push(`${fresh.length} renewals in silence`)
    if (world.stores.puts - before.puts !== fresh.length + tasks) bad.push(`${world.stores.puts - before.puts} puts in silence for ${fresh.length} renewals`)
    const minutes = span / 60_000
    const rows = world.stores.entries.get('inputs')?.length ?? 0
    const reads = (world.stores.reads - before.reads) / minutes
    // One read per partition and tick, and a half for processes that must read heads anew; renewals read more.
    if (reads > rows * 1.5 + 6 + (fresh.length / minutes) * (rows * 2 + 40)) bad.push(`${reads.toFixed(1)} reads a minute in silence, with ${rows} partitions`)
    if (fresh.length === 0 && writes(world) !== before.objects) bad.push('objects written in silence')
    bad.push(...judge(world, { decode: decodeEntry, decompress }))
  }
  // A batch that is not finished, or was only long after, whatever the reason.
  const late = batchesOf().some((_, k) => (world.delays.get(k) ?? Infinity) > 0.8 * RETENTION)
  const without = (...allowed: readonly Fault[]): boolean => FAULTS.every((fault) => !world.on[fault] || allowed.includes(fault))
  const mild: readonly Fault[] = ['reshard', 'skew', 'silence', 'backlog', 'expiry', 'cold', 'bad', 'spill', 'bounded']
  const quiet = options.deviation === undefined && without(...mild)
  const oftener = (counts: ReadonlyMap<string, number>, most: number): number => [...counts.values()].filter((n) => n > most).length
  if (quiet && oftener(world.computed, 1) > 0) bad.push(`no fault, but ${oftener(world.computed, 1)} tasks were computed more than once`)
  // A message that is later than a straggler's patience may come together with the one that was sent in its place.
  const calls = world.on.delay ? 2 : 1
  if (options.deviation === undefined && without(...mild, 'double', 'delay', 'stale', 'redeliver', 'storm', 'retry') && oftener(world.foreach, calls) > 0)
    bad.push(`nobody died and nothing was lost, but ${oftener(world.foreach, calls)} foreachRDD calls came more than ${calls} times`)
  // Event to result, busy or sparse: the batching window, the slack and some requests after the batch's time.
  const slowest = Math.max(0, ...batchesOf().map((batch, k) => (batch.full ? 0 : (world.delays.get(k) ?? 0))))
  if (quiet && without('reshard', 'silence', 'cold', 'spill', 'bad') && slowest > 8_000)
    bad.push(`no fault, but a batch was finished ${slowest / 1000} s after its time`)
  // Who falls behind by more than the retention gets an error that stops; that is wanted.
  return {
    world,
    bad: late && bad.length > 0 && world.on.expiry && (world.counts['MISSING_ENTRY'] ?? 0) > 0 ? [] : bad,
    batches: before.batches,
    quiet,
    requests,
  }
}

function writes(world: World): number {
  let n = 0
  for (const list of world.stores.objectWrites.values()) n += list.length
  return n
}
