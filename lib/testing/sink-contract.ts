import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { SinkBatch } from '../dstream/sink.ts'
import { MillraceError } from '../values/errors.ts'
import { time } from '../values/time.ts'
import type { SinkCase, SinkFault, SinkProcess, SinkRow, SinkSubject, SinkTarget } from './sink-subject.ts'

const RUN = '000000000001000-first'
const LATER_RUN = '000000000900000-second'
/** A write has fewer messages than this. */
const MAX_STEPS = 200
/** So often a write is tried again while another attempt is in its way. */
const MAX_TRIES = 100
const TRY_EVERY_MS = 50

interface Part {
  readonly n: number
  readonly partition?: number
  readonly partitions?: number
  readonly run?: string
  readonly timeMs?: number
}

const KEYS = 8

/** The rows of a batch's partition: the same keys in every batch, values that no other batch has. */
function rowsOf({ n, partition = 0, partitions = 1 }: Part): readonly SinkRow[] {
  return Array.from({ length: KEYS }, (_, i) => [`k${i}`, n * 1_000 + i] as const).filter((_, i) => i % partitions === partition)
}

/** What a sink is told of a batch, for tests of one's own. `n`: its number; its time is n seconds unless given. */
export function sinkBatch(part: Part, signal: AbortSignal = new AbortController().signal): SinkBatch {
  const { n, partition = 0, partitions = 1, run = RUN, timeMs = n * 1_000 } = part
  const id = Buffer.from(`${run} ${timeMs} ${partition}/${partitions}`).toString('hex').slice(-32).padStart(32, '0')
  return { job: 'contract', run, time: time(timeMs), partition, partitions, id, signal, refuse: () => {} }
}

/** What was written, by a plain rule: batches in the order in which a job has them. */
function expected({ keeps }: SinkSubject, parts: readonly Part[]): readonly SinkRow[] {
  const rows = parts.flatMap(rowsOf)
  return sorted(keeps === 'all' ? rows : [...new Map(rows)])
}

const sorted = (rows: readonly SinkRow[]): readonly SinkRow[] => [...rows].sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n))
const distinct = (rows: readonly SinkRow[]): readonly SinkRow[] => [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]

async function check(subject: SinkSubject, target: SinkTarget, parts: readonly Part[], when: string): Promise<void> {
  const once = subject.guarantee === 'exactly-once' ? (rows: readonly SinkRow[]): readonly SinkRow[] => rows : distinct
  const want = once(expected(subject, parts))
  const seen = once(sorted(await target.read()))
  if (!isDeepStrictEqual(seen, want))
    throw new MillraceError(
      'BAD_VALUE',
      `${when}: readers see ${seen.length} rows, ${JSON.stringify(seen)}; they should see these ${want.length}: ${JSON.stringify(want)}`,
    )
}

async function using<T>(target: SinkTarget, options: Parameters<SinkTarget['open']>[0], work: (process: SinkProcess) => Promise<T>): Promise<T> {
  const process = await target.open(options)
  try {
    return await work(process)
  } finally {
    process.resume()
    await process.close()
  }
}

async function write({ sink }: SinkProcess, part: Part): Promise<void> {
  await sink.open?.()
  await sink.write(rowsOf(part), sinkBatch(part))
}

/** Begins a write, which comes to its fault (`fate` is true) or to its end. */
function begin(process: SinkProcess, part: Part): { readonly fate: Promise<boolean>; readonly ended: Promise<void> } {
  let over = false
  const ended = write(process, part)
    .catch(() => {})
    .finally(() => (over = true))
  const look = async (): Promise<boolean> => {
    while (!over && !process.reached()) await sleep(1)
    return process.reached()
  }
  return { fate: look(), ended }
}

/** As the engine does: until it goes through. */
async function writeUntilDone(process: SinkProcess, part: Part): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await write(process, part)
      return
    } catch (error) {
      if (tries === MAX_TRIES) throw error
      await sleep(TRY_EVERY_MS)
    }
  }
}

const WRITES: readonly SinkCase[] = [
  {
    name: 'writes each batch',
    run: async (subject) => {
      const target = await subject.target()
      await using(target, {}, async (process) => {
        for (const n of [1, 2, 3]) await write(process, { n })
      })
      await check(subject, target, [{ n: 1 }, { n: 2 }, { n: 3 }], 'after three batches')
    },
  },
  {
    name: 'takes a batch without rows, and the next one',
    run: async (subject) => {
      const target = await subject.target()
      await using(target, {}, async (process) => {
        await process.sink.open?.()
        await process.sink.write([], sinkBatch({ n: 1 }))
        await check(subject, target, [], 'after a batch without rows')
        await write(process, { n: 2 })
      })
      await check(subject, target, [{ n: 2 }], 'after a batch with rows')
    },
  },
  {
    name: 'writes all partitions of a batch, from several processes at once',
    run: async (subject) => {
      const target = await subject.target()
      const parts = [1, 2].map((n) => Array.from({ length: 8 }, (_, partition): Part => ({ n, partition, partitions: 8 })))
      await using(target, {}, (one) =>
        using(target, {}, async (other) => {
          for (const batch of parts) await Promise.all(batch.map((part, i) => writeUntilDone(i % 2 === 0 ? one : other, part)))
        }),
      )
      await check(subject, target, parts.flat(), 'after two batches of eight partitions')
    },
  },
]

const REPETITIONS: readonly SinkCase[] = [
  {
    name: 'is not changed by a batch that is written again',
    run: async (subject) => {
      const target = await subject.target()
      await using(target, {}, async (process) => {
        await write(process, { n: 1 })
        await write(process, { n: 1 })
      })
      await using(target, {}, (process) => write(process, { n: 1 }))
      await check(subject, target, [{ n: 1 }], 'after three attempts')
    },
  },
  {
    name: 'is not changed by an older batch that comes late, from the same process or another',
    run: async (subject) => {
      const target = await subject.target()
      await using(target, {}, async (process) => {
        for (const n of [1, 2, 1]) await write(process, { n })
      })
      await using(target, {}, (process) => write(process, { n: 1 }))
      await check(subject, target, [{ n: 1 }, { n: 2 }], 'after the first batch came again')
    },
  },
  {
    name: 'takes two attempts at once',
    run: async (subject) => {
      const target = await subject.target()
      for (const n of [1, 2, 3])
        await using(target, {}, (one) =>
          using(target, {}, async (other) => void (await Promise.all([writeUntilDone(one, { n }), writeUntilDone(other, { n })]))),
        )
      await check(subject, target, [{ n: 1 }, { n: 2 }, { n: 3 }], 'after two attempts at each of three batches')
    },
  },
  {
    name: 'is complete after a process that died at any of its messages, and another attempt',
    run: (subject) =>
      atEachStep(subject, 'die', async (target, first) => {
        if (!(await begin(first, { n: 2 }).fate)) return false
        // What a dead process would say or do now nobody hears.
        await using(target, {}, (second) => writeUntilDone(second, { n: 2 }))
        return true
      }),
  },
  {
    name: 'is not changed by a process that stood still at any of its messages, and goes on behind the next batch',
    run: (subject) =>
      atEachStep(subject, 'pause', async (target, first) => {
        const late = begin(first, { n: 2 })
        if (!(await late.fate)) return false
        await using(target, {}, async (second) => {
          await writeUntilDone(second, { n: 2 })
          await writeUntilDone(second, { n: 3 })
        })
        first.resume()
        await late.ended
        return true
      }),
  },
]

/** `meet` is called with a process that has its fault at message 1, 2, 3, ..., until one comes through without. */
async function atEachStep(subject: SinkSubject, what: SinkFault['what'], meet: (target: SinkTarget, first: SinkProcess) => Promise<boolean>): Promise<void> {
  for (let at = 1; at <= MAX_STEPS; at++) {
    const target = await subject.target()
    await using(target, {}, (process) => write(process, { n: 1 }))
    const met = await using(target, { fault: { at, what } }, (first) => meet(target, first))
    if (!met && at === 1) throw new MillraceError('USAGE', `the process had no message at which to ${what}: let open() take its fault`)
    await check(subject, target, met && what === 'pause' ? [{ n: 1 }, { n: 2 }, { n: 3 }] : [{ n: 1 }, { n: 2 }], `${what} at message ${at}`)
    if (!met) return
  }
  throw new MillraceError('LIMIT_EXCEEDED', `a write had more than ${MAX_STEPS} messages`)
}

const CHANGES: readonly SinkCase[] = [
  {
    name: 'keeps the partitions of a batch apart when their number changes and changes back, with late attempts of each',
    run: async (subject) => {
      const target = await subject.target()
      const batch = (n: number, partitions: number): readonly Part[] => Array.from({ length: partitions }, (_, partition) => ({ n, partition, partitions }))
      const all = [batch(1, 2), batch(2, 4), batch(3, 2)]
      const seen: Part[] = []
      await using(target, {}, async (process) => {
        for (const parts of all) {
          for (const part of parts) await write(process, part)
          seen.push(...parts)
          for (const part of seen) await write(process, part)
          await check(subject, target, seen, `after batch ${parts[0]?.n} of ${parts.length} partitions, and those before it again`)
        }
      })
    },
  },
  {
    name: 'takes a job that was begun anew, and nothing more of the one before',
    run: async (subject) => {
      const target = await subject.target()
      const [old, anew] = [
        { n: 5, timeMs: 9_000 },
        { n: 6, timeMs: 2_000, run: LATER_RUN },
      ]
      await using(target, {}, async (process) => {
        for (const part of [old, anew, old, anew]) await write(process, part)
      })
      await check(subject, target, [old, anew], 'after a batch of the first run, an earlier one of the second, and both again')
    },
  },
  {
    name: 'is one of two sinks that write to the same place',
    run: async (subject) => {
      if (subject.several === false || subject.keeps === 'newest') return
      const target = await subject.target()
      await using(target, {}, (one) =>
        using(target, { name: 'other' }, async (other) => {
          for (const process of [one, one, other, other]) await write(process, { n: 1 })
        }),
      )
      await check(subject, target, [{ n: 1 }, { n: 1 }], 'after a batch of each, twice')
    },
  },
]

/**
 * What every sink is asked: for those of Millrace and for one's own.
 * @example
 * for (const { name, run } of sinkCases) it(name, () => run(subject))
 */
export const sinkCases: readonly SinkCase[] = [...WRITES, ...REPETITIONS, ...CHANGES]
