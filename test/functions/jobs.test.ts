import { minutes, seconds } from 'millrace'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import sessions from '../../functions/sessions.ts'
import wordCount from '../../functions/word-count.ts'

describe('word-count', () => {
  it.each([
    { shards: 1, numPartitions: 1 },
    { shards: 3, numPartitions: 4 },
  ])('slides and drains with $shards shards, $numPartitions partitions', async (size) => {
    const run = await runBatches(wordCount, { lines: [['a b'], ['a'], [], []] }, { ...size, thenSilence: seconds(70) })
    const last = run.json('counts').at(-1)
    expect(run.json('counts')[0]?.rows).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    expect(last?.rows).toEqual([]) // the window is empty again
  })

  it('counts once whatever the event source mapping does', async () => {
    const input = { lines: Array.from({ length: 50 }, (_, i) => [`w${i % 7}`, 'x']) }
    const calm = await runBatches(wordCount, input)
    const storm = await runBatches(wordCount, input, { shards: 3, seed: 42, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.3, staleCache: 0.3 } })
    expect(storm.json('counts')).toEqual(calm.json('counts'))
  })
})

describe('sessions', () => {
  it('emits a session when its user has been silent for 30 minutes', async () => {
    const click = (user: string, page: string, at: number): unknown => ({ user, page, at })
    const run = await runBatches(sessions, { clicks: [[click('u1', '/', 0)], [click('u1', '/buy', 9_000), { nonsense: true }]] }, { thenSilence: minutes(31) })
    expect(run.json('sessions').flatMap((b) => b.rows)).toEqual([{ user: 'u1', startedAt: 0, endedAt: 9_000, pages: ['/', '/buy'], plan: 'pro', seconds: 9 }])
    expect(run.deadLetters).toHaveLength(1)
    expect(run.state('open-sessions').size).toBe(0)
  })
})
