// Receivers of one's own: a poll is taken whole with its position, once, whoever else polls, dies or forgets.
import { describe, expect, it } from 'vitest'
import { defineJob, minutes, seconds, type Polled, type PollRequest } from '../../../lib/index.ts'
import { polls } from '../../../lib/lambda/poll-events.ts'
import { sourceHandler } from '../../../lib/lambda/source-handler.ts'
import { poll as pollOnce } from '../../../lib/runtime/receive/poll.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'
import { linesOf } from '../lines-of.ts'

const CONTEXT = { getRemainingTimeInMillis: (): number => 60_000 }
const HOUR = 3_600_000

type Answer = (after: number, request: PollRequest) => Polled<string, number> | Promise<Polled<string, number>>

/** A table of rows that are read behind a number of them, `limit` at once. */
const tableOf =
  (rows: readonly string[]): Answer =>
  (after, { limit }) => ({ records: rows.slice(after, after + limit), position: Math.min(rows.length, after + limit) })

function setUp(answer: Answer, { limit = 10, wrap, retentionMs }: { limit?: number; wrap?: (ports: Ports) => Ports; retentionMs?: number } = {}) {
  const asked: (number | undefined)[] = []
  const job = defineJob({ name: 'poll', batchInterval: seconds(10) }, (ssc) =>
    ssc
      .receiverStream<string, number>('rows', {
        every: minutes(1),
        limit,
        poll: async (position, request) => {
          asked.push(position)
          return answer(position ?? 0, request)
        },
      })
      .saveAsTextFiles('out'),
  )
  const engine = makeEngine(job, retentionMs === undefined ? {} : { retentionMs }, wrap)
  /** In a process of its own: what it knows it has read. */
  const poll = (context = CONTEXT): Promise<unknown> => sourceHandler(engine.process(), [polls], () => '')({ poll: 'rows' }, context)
  return { engine, poll, asked }
}
const out = async (engine: Engine): Promise<readonly string[]> => {
  // The minute rule, before the batch's time and behind it.
  for (let minute = 0; minute < 2; minute++) {
    await engine.tick(engine.process())
    await engine.runTo(engine.process(), engine.clock.now() + 60_000)
  }
  return linesOf(engine, 'out')
}
const rows = (n: number): string[] => Array.from({ length: n }, (_, i) => `row ${i}`)

describe('a receiver of one’s own', () => {
  it('is asked on while it fills its limit, each time from where it was', async () => {
    const { engine, poll, asked } = setUp(tableOf(rows(25)))
    await poll()
    expect(asked).toEqual([undefined, 10, 20])
    expect(await engine.entries('rec/rows/poll')).toMatchObject([
      { records: 10, carry: '10', last: { sequenceNumber: '0', index: 9 } },
      { records: 10, carry: '20' },
      { records: 5, carry: '25' },
    ])
    expect(await engine.entries('inputs')).toMatchObject([{ stream: 'rows', shard: 'poll', source: 'receiver' }])
    expect(await out(engine)).toEqual(rows(25))
  })

  it('writes nothing where nothing is new, and an entry where only the position is', async () => {
    let position = 7
    const { engine, poll } = setUp(() => ({ records: [], position }))
    await poll()
    await poll()
    expect(await engine.entries('rec/rows/poll')).toHaveLength(1)
    position = 8
    await poll()
    expect(await engine.entries('rec/rows/poll')).toMatchObject([
      { records: 0, carry: '7' },
      { records: 0, carry: '8' },
    ])
    expect(await out(engine)).toEqual([])
  })

  it('goes on behind a position alone', async () => {
    const answers: Polled<string, number>[] = [
      { records: ['a'], position: 1 },
      { records: [], position: 2 },
      { records: ['b'], position: 3 },
    ]
    const { engine, poll, asked } = setUp(() => answers.shift() ?? { records: [], position: 3 })
    for (let i = 0; i < 4; i++) await poll()
    expect(asked).toEqual([undefined, 1, 2, 3])
    expect(await out(engine)).toEqual(['a', 'b'])
  })

  it('counts once what two processes read at once: who loses the put throws its own away', async () => {
    const { engine, poll } = setUp(tableOf(rows(5)))
    await Promise.all([poll(), poll(), poll()])
    expect(await engine.entries('rec/rows/poll')).toHaveLength(1)
    expect(await out(engine)).toEqual(rows(5))
  })

  it('counts once what was committed though the answer was lost', async () => {
    let lost = 0
    const { engine, poll } = setUp(tableOf(rows(5)), {
      wrap: (ports) => ({
        ...ports,
        log: {
          get: (key, options) => ports.log.get(key, options),
          getMany: (keys, options) => ports.log.getMany(keys, options),
          newest: (log) => ports.log.newest(log),
          put: async (key, bytes, options) => {
            const found = await ports.log.put(key, bytes, options)
            if (key.log === 'rec/rows/poll' && lost++ === 0) throw new Error('no answer')
            return found
          },
        },
      }),
    })
    await expect(poll()).rejects.toThrow('no answer')
    await poll()
    expect(await out(engine)).toEqual(rows(5))
  })

  it('keeps its position over a silence longer than the retention', async () => {
    const table = rows(5)
    const { engine, poll, asked } = setUp((after, request) => tableOf(table)(after, request), { retentionMs: 24 * HOUR })
    await poll()
    await out(engine)
    for (let hour = 2; hour < 72; hour += 2) {
      engine.clock.moveTo(1_000_000 + hour * HOUR)
      await engine.tick(engine.process())
      await engine.runTo(engine.process(), engine.clock.now() + 60_000)
      engine.ports.log.expire(engine.clock.now())
    }
    expect(await engine.ports.log.get({ log: 'rec/rows/poll', n: 0 })).toBeNull()
    table.push('late')
    await poll()
    expect(asked.at(-1)).toBe(5)
    expect(await out(engine)).toEqual([...rows(5), 'late'])
  })

  it.each<readonly [string, Answer, RegExp]>([
    ['more than its limit', () => ({ records: rows(11), position: 1 }), /returned 11 records, and was asked for 10 at most/],
    ['no records', () => ({ position: 1 }) as never, /it must return \{ records: \[\.\.\.\], position \}/],
    ['nothing', () => undefined as never, /it must return/],
    ['a position that is none', () => ({ records: ['a'], position: undefined as never }), /must be what JSON can hold/],
    ['an error', () => Promise.reject(new Error('the API is down')), /the API is down/],
  ])('commits nothing of a poll that returns %s', async (_what, answer, message) => {
    const { engine, poll } = setUp(answer)
    await expect(poll()).rejects.toThrow(message)
    expect(await engine.entries('rec/rows/poll')).toEqual([])
  })

  it('commits nothing of a poll that does not fit the time that is left, and names the limit', async () => {
    const { engine, poll } = setUp(tableOf(rows(200)), { limit: 200 })
    let asked = 0
    // Enough at the beginning, nothing once it has answered.
    const late = { getRemainingTimeInMillis: () => (asked++ < 4 ? 60_000 : 1) }
    await expect(poll(late)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(/brought 200 records.*lower its limit/) })
    expect(await engine.entries('rec/rows/poll')).toEqual([])
  })

  it('is not waited for beyond its deadline', async () => {
    const { engine } = setUp(() => new Promise(() => undefined))
    const once = engine.process().invoke('poll', { remainingMs: () => 60_000 }, (run) => pollOnce(run, 'rows', AbortSignal.timeout(5)))
    await expect(once).rejects.toThrow(/did not answer by its deadline/)
    expect(await engine.entries('rec/rows/poll')).toEqual([])
  })

  it('shares its name with no other kind of source', async () => {
    const { engine, poll } = setUp(tableOf(rows(5)))
    await engine.deliver(engine.process(), ['a'], { stream: 'rows', shard: 'shardId-000000000000' })
    await expect(poll()).rejects.toMatchObject({
      code: 'BAD_EVENT',
      message: expect.stringMatching(/'rows' is receiver now, and in the job's logs kinesis.*another name/),
    })
  })
})

it('a rule for a stream that is no receiver is an error', async () => {
  const { engine } = setUp(tableOf([]))
  await expect(sourceHandler(engine.process(), [polls], () => '')({ poll: 'other' }, CONTEXT)).rejects.toMatchObject({ code: 'BAD_EVENT' })
})
