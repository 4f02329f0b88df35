import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Progress, ProgressItem, ProgressUpdate } from '../../../../lib/runtime/ports/progress.ts'
import { freshBatch, type Make } from './fixture.ts'

const update = (names: readonly string[], atMs: number, more: Partial<ProgressUpdate> = {}): ProgressUpdate => ({
  names,
  attributes: {},
  atMs,
  expiresAtMs: null,
  ...more,
})
const plain = (item: ProgressItem | null): unknown =>
  item && { names: [...item.names].sort(), attributes: Object.fromEntries([...item.attributes].sort()), atMs: item.atMs }

/** What every Progress must do. */
export function progressContract(name: string, make: Make<Progress>): void {
  describe(`${name} is a Progress`, () => {
    let progress: Progress
    let close: () => Promise<void>
    beforeEach(async () => {
      const made = await make()
      progress = made.port
      close = made.close
    })
    afterEach(() => close())

    test('knows nothing of a batch that nobody has touched', async () => {
      expect(await progress.get(freshBatch())).toBeNull()
    })

    test('adds names, sets attributes and the time, and returns all of it', async () => {
      const batch = freshBatch()
      expect(plain(await progress.add(batch, update(['s1/0'], 1_000, { attributes: { nextDue: 5_000 } })))).toEqual({
        names: ['s1/0'],
        attributes: { nextDue: 5_000 },
        atMs: 1_000,
      })
      expect(plain(await progress.add(batch, update(['s1/1', 's2/0'], 2_000, { attributes: { failed: 'text', none: null } })))).toEqual({
        names: ['s1/0', 's1/1', 's2/0'],
        attributes: { nextDue: 5_000, failed: 'text', none: null },
        atMs: 2_000,
      })
      expect(plain(await progress.get(batch))).toEqual({
        names: ['s1/0', 's1/1', 's2/0'],
        attributes: { nextDue: 5_000, failed: 'text', none: null },
        atMs: 2_000,
      })
    })

    test('adds no names', async () => {
      const batch = freshBatch()
      expect(plain(await progress.add(batch, update([], 1_000)))).toEqual({ names: [], attributes: {}, atMs: 1_000 })
      expect(plain(await progress.add(batch, update(['finish'], 2_000)))).toEqual({ names: ['finish'], attributes: {}, atMs: 2_000 })
      expect(plain(await progress.add(batch, update([], 3_000)))).toEqual({ names: ['finish'], attributes: {}, atMs: 3_000 })
    })

    test('adds the same names twice without having them twice', async () => {
      const batch = freshBatch()
      await progress.add(batch, update(['a', 'b'], 1_000))
      expect(plain(await progress.add(batch, update(['b', 'a', 'c'], 1_000)))).toEqual({ names: ['a', 'b', 'c'], attributes: {}, atMs: 1_000 })
    })

    test('overwrites an attribute, also by null and by another type', async () => {
      const batch = freshBatch()
      for (const value of ['text', '', 5, -1.5, 0, 1_790_000_000_123, null]) {
        expect((await progress.add(batch, update([], 1, { attributes: { value } })))?.attributes.get('value')).toBe(value)
        expect((await progress.get(batch))?.attributes.get('value')).toBe(value)
      }
    })

    test('takes names and attributes that a store may have reserved', async () => {
      const batch = freshBatch()
      const names = ['stage-1x4/0', 'part 0 of µ/x', '#', ':n', 'a,b', 'a"b']
      const attributes = { status: 'x', name: 'y', 'with-dash.dot': 1, attempts: 2 }
      await progress.add(batch, update(names, 1, { attributes }))
      expect(plain(await progress.get(batch))).toEqual({ names: [...names].sort(), attributes, atMs: 1 })
    })

    test('updates on condition that the time is still the one that was read', async () => {
      const batch = freshBatch()
      await progress.add(batch, update(['a'], 1_000))
      expect(await progress.add(batch, update(['b'], 2_000, { ifAtMs: 999 }))).toBeNull()
      expect(await progress.add(batch, update(['b'], 2_000, { ifAtMs: 0 }))).toBeNull()
      expect(plain(await progress.get(batch))).toEqual({ names: ['a'], attributes: {}, atMs: 1_000 })
      expect(plain(await progress.add(batch, update(['b'], 2_000, { ifAtMs: 1_000 })))).toEqual({ names: ['a', 'b'], attributes: {}, atMs: 2_000 })
      expect(await progress.add(batch, update(['c'], 3_000, { ifAtMs: 1_000 }))).toBeNull()
    })

    test('updates on condition 0 only where there is no item', async () => {
      const batch = freshBatch()
      expect(await progress.add(batch, update([], 1_000, { ifAtMs: 5 }))).toBeNull()
      expect(await progress.get(batch)).toBeNull()
      expect(plain(await progress.add(batch, update(['a'], 1_000, { ifAtMs: 0 })))).toEqual({ names: ['a'], attributes: {}, atMs: 1_000 })
      expect(await progress.add(batch, update(['b'], 2_000, { ifAtMs: 0 }))).toBeNull()
    })

    test('loses none of many adds at once, and the last to return has seen all', async () => {
      const batch = freshBatch()
      const names = Array.from({ length: 20 }, (_, i) => `s1/${i}`)
      const answers = await Promise.all(names.map((one, i) => progress.add(batch, update([one], 1_000 + i))))
      expect([...((await progress.get(batch))?.names ?? [])].sort()).toEqual([...names].sort())
      expect(answers.some((answer) => answer?.names.size === names.length)).toBe(true)
      answers.forEach((answer, i) => expect(answer?.names.has(names[i]!)).toBe(true))
    })

    test('lets exactly one of many conditional adds at once through', async () => {
      const batch = freshBatch()
      await progress.add(batch, update([], 1_000))
      const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => progress.add(batch, update([`by ${i}`], 2_000 + i, { ifAtMs: 1_000 }))))
      expect(answers.filter((answer) => answer !== null)).toHaveLength(1)
      expect((await progress.get(batch))?.names.size).toBe(1)
    })

    test('keeps batches apart', async () => {
      const [a, b] = [freshBatch(), freshBatch()]
      await progress.add(a, update(['a'], 1))
      await progress.add(b, update(['b'], 2))
      expect(plain(await progress.get(a))).toEqual({ names: ['a'], attributes: {}, atMs: 1 })
    })
  })
}
