import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../lib/runtime/ports/manual-clock.ts'
import { MemoryLog } from '../../../lib/runtime/ports/memory-log.ts'
import { MemoryMessages } from '../../../lib/runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../../../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../../../lib/runtime/ports/memory-progress.ts'
import { clockContract } from './contracts/clock-contract.ts'
import { always, bytesOf } from './contracts/fixture.ts'
import { logContract } from './contracts/log-contract.ts'
import { messagesContract } from './contracts/messages-contract.ts'
import { objectsContract } from './contracts/objects-contract.ts'
import { progressContract } from './contracts/progress-contract.ts'

logContract(
  'MemoryLog',
  always(() => new MemoryLog()),
)
progressContract(
  'MemoryProgress',
  always(() => new MemoryProgress()),
)
objectsContract(
  'MemoryObjects',
  always(() => new MemoryObjects()),
)
messagesContract(
  'MemoryMessages',
  always(() => {
    const clock = new ManualClock(1_000)
    const messages = new MemoryMessages(clock)
    return {
      messages,
      received: (withinMs) => {
        clock.advance(withinMs)
        return Promise.resolve(messages.takeDue())
      },
    }
  }),
)
clockContract(
  'ManualClock',
  always(() => {
    const clock = new ManualClock(5)
    return { clock, pass: (ms) => Promise.resolve(clock.advance(ms)) }
  }),
)

describe('expiry in memory', () => {
  test('takes entries whose time is over, and only those that the simulator names', async () => {
    const log = new MemoryLog()
    for (let n = 0; n < 4; n++) await log.put({ log: 'rec/a', n }, bytesOf(`${n}`), { expiresAtMs: n === 3 ? null : 1_000 + n })
    expect(log.expire(999)).toBe(0)
    expect(log.expire(1_002, ({ n }) => n !== 1)).toBe(2)
    expect([...log.entries()].map(({ n }) => n)).toEqual([1, 3])
    expect(log.expire(1e15)).toBe(1)
    expect(await log.newest('rec/a')).toEqual({ n: 3, bytes: bytesOf('3') })
  })

  test('lets an expired entry be put again', async () => {
    const log = new MemoryLog()
    await log.put({ log: 'a', n: 0 }, bytesOf('old'), { expiresAtMs: 1 })
    log.expire(1)
    expect(await log.newest('a')).toBeNull()
    expect(await log.put({ log: 'a', n: 0 }, bytesOf('new'), { expiresAtMs: null })).toBeNull()
  })

  test('takes progress items', async () => {
    const progress = new MemoryProgress()
    await progress.add(1, { names: ['a'], attributes: {}, atMs: 5, expiresAtMs: 10 })
    await progress.add(2, { names: ['b'], attributes: {}, atMs: 5, expiresAtMs: null })
    expect(progress.expire(10)).toBe(1)
    expect([...progress.items()].map(([batch]) => batch)).toEqual([2])
  })
})

describe('MemoryMessages', () => {
  test('hands out by due time, then as they were sent; each once', async () => {
    const clock = new ManualClock(100)
    const messages = new MemoryMessages(clock)
    const task = (batch: number) => ({ kind: 'task', batch, stage: 's', partition: 0, again: false }) as const
    await messages.send(task(1), 50)
    await messages.send(task(2), 10)
    await messages.send(task(3), 10)
    await messages.send(task(4), 1_000)
    expect(messages.nextDueMs()).toBe(110)
    clock.moveTo(150)
    expect(messages.takeDue()).toEqual([task(2), task(3), task(1)])
    expect(messages.takeDue()).toEqual([])
    const [late] = messages.pending
    expect(messages.remove(late!)).toBe(true)
    expect(messages.remove(late!)).toBe(false)
    expect(messages.nextDueMs()).toBeNull()
  })
})

describe('ManualClock', () => {
  test.each([[-1], [0.5], [NaN]])('refuses to be moved by %d ms', (ms) => {
    expect(() => new ManualClock(10).advance(ms)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
  })
})
