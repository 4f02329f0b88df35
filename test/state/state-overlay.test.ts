import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GroupChanges } from '../../lib/state/changes.ts'
import { PartitionState } from '../../lib/state/partition-state.ts'
import { StateOverlay } from '../../lib/state/state-overlay.ts'

const rank = (value: unknown): number => (value as { at: number }).at
const plan = { ranks: new Map([['op', rank]]) }

function overlayOf(state: PartitionState): StateOverlay {
  return new StateOverlay(state.table('op'), rank)
}

function commit(state: PartitionState, groups: readonly GroupChanges[]): void {
  state.apply(groups.length > 0 ? [{ operator: 'op', groups }] : [])
}

describe('the overlay of one computation', () => {
  it('shows its own writes and leaves the committed state alone', () => {
    const state = PartitionState.empty(plan)
    const first = overlayOf(state)
    first.put(0, 'a', { at: 1 })
    expect(first.get(0, 'a')).toEqual({ at: 1 })
    expect(state.keys).toBe(0)
    commit(state, first.changes())
    const second = overlayOf(state)
    second.delete(0, 'a')
    expect(second.get(0, 'a')).toBeUndefined()
    expect(overlayOf(state).get(0, 'a')).toEqual({ at: 1 })
  })

  it('hands out copies: what a user function changes in place is not committed state', () => {
    const state = PartitionState.empty(plan)
    commit(state, [{ group: 0, dropped: false, deletes: [], puts: [['a', { at: 1, list: [1] }]] }])
    const mine = overlayOf(state).get(0, 'a') as { list: number[] }
    mine.list.push(2)
    expect(overlayOf(state).get(0, 'a')).toEqual({ at: 1, list: [1] })
  })

  it('shares no memory with bytes that were put, whatever class they are of', () => {
    const overlay = overlayOf(PartitionState.empty(plan))
    overlay.put(0, 'a', { at: 1, bytes: Buffer.from('abc') })
    const mine = overlay.get(0, 'a') as { bytes: Uint8Array }
    mine.bytes[0] = 0
    expect(overlay.get(0, 'a')).toEqual({ at: 1, bytes: new Uint8Array([97, 98, 99]) })
  })

  it('takes back what a record did, also to keys that the batch had touched before', () => {
    const overlay = overlayOf(PartitionState.empty(plan))
    overlay.put(0, 'a', { at: 1 })
    overlay.mark()
    overlay.put(0, 'a', { at: 2 })
    overlay.put(0, 'b', { at: 2 })
    overlay.delete(0, 'a')
    overlay.rollback()
    expect([...overlay.entries(0)]).toEqual([['a', { at: 1 }]])
    expect(overlay.size(0)).toBe(1)
  })

  it('keeps null and false as values', () => {
    const state = PartitionState.empty({ ranks: new Map() })
    const overlay = new StateOverlay(undefined, undefined)
    overlay.put(0, 'a', null)
    overlay.put(0, 'b', false)
    expect(overlay.get(0, 'a')).toBeNull()
    commit(state, overlay.changes())
    expect(new StateOverlay(state.table('op'), undefined).get(0, 'a')).toBeNull()
  })

  it('equals a plain model under any sequence of operations and commits', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('put' as const),
          group: fc.nat(2),
          key: fc.oneof(fc.nat(5), fc.constant('x'), fc.constant(['x', 1])),
          at: fc.nat(9),
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), group: fc.nat(2), key: fc.nat(5) }) },
      fc.record({ do: fc.constant('drop' as const), group: fc.nat(2) }),
      fc.record({ do: fc.constant('commit' as const) }),
      fc.record({ do: fc.constant('lose' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = PartitionState.empty(plan)
        let committed = new Map<string, { group: number; at: number }>()
        let model = new Map(committed)
        let overlay = overlayOf(state)
        const name = (group: number, key: unknown): string => JSON.stringify([group, key])
        for (const s of steps) {
          if (s.do === 'put') {
            overlay.put(s.group, s.key, { at: s.at })
            model.set(name(s.group, s.key), { group: s.group, at: s.at })
          } else if (s.do === 'delete') {
            overlay.delete(s.group, s.key)
            model.delete(name(s.group, s.key))
          } else if (s.do === 'drop') {
            overlay.drop(s.group)
            for (const [k, v] of model) if (v.group === s.group) model.delete(k)
          } else {
            if (s.do === 'commit') {
              commit(state, overlay.changes())
              committed = new Map(model)
            } else model = new Map(committed)
            overlay = overlayOf(state)
          }
          for (let group = 0; group <= 2; group++) {
            const want = [...model].filter(([, v]) => v.group === group).map(([k, v]) => [k, v.at])
            const got = [...overlay.entries(group)].map(([key, value]) => [name(group, key), rank(value)])
            expect(new Set(got.map(String))).toEqual(new Set(want.map(String)))
            expect(overlay.size(group)).toBe(want.length)
          }
          const main = [...model.values()].filter((v) => v.group === 0)
          expect(overlay.leastRank()).toBe(Math.min(Infinity, ...main.map((v) => v.at)))
          expect(overlay.below(5).length).toBe(main.filter((v) => v.at < 5).length)
        }
      }),
    )
  })
})
