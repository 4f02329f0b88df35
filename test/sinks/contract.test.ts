// The contract itself: a sink by the rule passes, and one that leaves out any part of it does not.
import { sinkCases, type SinkSubject } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import { sinkContract } from './contract.ts'
import { memoryTarget, rule, scopeOf, type WriteRule } from './memory-target.ts'

const subject = (write: WriteRule): SinkSubject => ({ keeps: 'all', guarantee: 'exactly-once', target: async () => memoryTarget(write) })

sinkContract('a sink in memory', subject(rule))

const repeating: WriteRule = async ({ rows: held }, _sink, rows, _batch, message) => {
  await message()
  held.push(...rows)
  await message()
}
sinkContract('a sink in memory that repeats', { keeps: 'all', guarantee: 'at-least-once', target: async () => memoryTarget(repeating, 'at-least-once') })

/** Sinks with a fault, and what notices it. */
const FAULTY: readonly (readonly [what: string, write: WriteRule, notices: RegExp])[] = [
  ['never compares', repeating, /written again/],
  [
    'compares before it writes, in a request of its own',
    async (held, sink, rows, batch, message) => {
      await message()
      const newest = held.newest.get(scopeOf(sink, batch)) ?? -1
      await message()
      if (newest >= batch.time.milliseconds) return
      held.newest.set(scopeOf(sink, batch), batch.time.milliseconds)
      held.rows.push(...rows)
      await message()
    },
    /stood still/,
  ],
  [
    'notes the batch after it has written the rows',
    async (held, sink, rows, batch, message) => {
      await message()
      if ((held.newest.get(scopeOf(sink, batch)) ?? -1) >= batch.time.milliseconds) return
      held.rows.push(...rows)
      await message()
      held.newest.set(scopeOf(sink, batch), batch.time.milliseconds)
    },
    /died/,
  ],
  ['notes the batch before it has written the rows', (held, sink, rows, batch, message) => noteFirst(held, sink, rows, batch, message), /died/],
  ['only knows the newest batch again', (held, sink, rows, batch, message) => onlyEqual(held, sink, rows, batch, message), /older batch/],
  ['forgets the run', (held, sink, rows, batch, message) => rule(held, sink, rows, { ...batch, run: '' }, message), /begun anew/],
  [
    'looks at what other numbers of partitions have written',
    async (held, sink, rows, batch, message) => {
      const others = [...held.newest].filter(([scope]) => scope.includes(JSON.stringify(batch.run)) && !held.newest.has(scopeOf(sink, batch)))
      if (others.some(([, timeMs]) => timeMs >= batch.time.milliseconds)) return message()
      return rule(held, sink, rows, batch, message)
    },
    /number changes/,
  ],
  ['forgets the partition', (held, sink, rows, batch, message) => rule(held, sink, rows, { ...batch, partition: 0 }, message), /all partitions/],
  ['forgets its name', (held, _sink, rows, batch, message) => rule(held, '', rows, batch, message), /two sinks/],
]
const noteFirst: WriteRule = async (held, sink, rows, batch, message) => {
  await message()
  if ((held.newest.get(scopeOf(sink, batch)) ?? -1) >= batch.time.milliseconds) return
  held.newest.set(scopeOf(sink, batch), batch.time.milliseconds)
  await message()
  held.rows.push(...rows)
}
const onlyEqual: WriteRule = async (held, sink, rows, batch, message) => {
  await message()
  if (held.newest.get(scopeOf(sink, batch)) !== batch.time.milliseconds) {
    held.newest.set(scopeOf(sink, batch), batch.time.milliseconds)
    held.rows.push(...rows)
  }
  await message()
}

describe('the contract notices a sink that', () => {
  it.each(FAULTY)('%s', async (_what, write, notices) => {
    const noticed: string[] = []
    for (const { name, run } of sinkCases)
      await run(subject(write)).catch((error: Error) => {
        expect(error.message).toMatch(/readers see/)
        noticed.push(name)
      })
    expect(noticed.join('\n')).toMatch(notices)
  })
})
