import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress, encodeRows, encodeValue } from '../../lib/codec/rows.ts'
import { hashKey, type Key } from '../../lib/values/key.ts'
import { BucketCache } from '../../lib/state/bucket-cache.ts'
import { Bucket, type StateObject } from '../../lib/state/bucket.ts'
import type { StateChanges } from '../../lib/state/changes.ts'
import { bucketIndex } from '../../lib/state/group.ts'
import { decodeManifest, encodeManifest } from '../../lib/state/manifest.ts'
import { NOT_LOADED } from '../../lib/state/not-loaded.ts'
import { PartitionState, type BaseGroup } from '../../lib/state/partition-state.ts'
import { layOut, nextGroups, wastefulObjects } from '../../lib/state/snapshot.ts'
import { StateOverlay } from '../../lib/state/state-overlay.ts'

const rank = (value: unknown): number => (value as { at: number }).at
const plan = { ranks: new Map([['op', rank]]) }

/** Snapshots without a runtime: objects in a map, and a count of what is read and written. */
class Shelf {
  readonly objects = new Map<string, Uint8Array>()
  readonly bucketBytes: number
  written = 0
  read = 0

  constructor(bucketBytes: number) {
    this.bucketBytes = bucketBytes
  }

  load(bucket: Bucket): void {
    if (bucket.isLoaded) return
    const { object, offset, length } = bucket.place
    bucket.hold(this.objects.get(object.name)!.slice(offset, offset + length))
    bucket.unpack()
    this.read++
  }

  /** Does what a task does: computes, loads what is missing, computes again. */
  on<T>(state: PartitionState, work: () => T): T {
    for (;;) {
      state.missing.clear()
      try {
        return work()
      } catch (error) {
        if (error !== NOT_LOADED) throw error
        expect(state.missing.size).toBeGreaterThan(0)
        for (const bucket of state.missing) this.load(bucket)
      }
    }
  }

  /** Writes a snapshot and reads it as a cold process does. */
  snapshot(state: PartitionState, changes: StateChanges, name: string): PartitionState {
    const object: StateObject & { bytes: number } = { name: `s/${name}`, bytes: 0 }
    const bytes: Uint8Array[] = []
    const wasteful = wastefulObjects(state.buckets())
    const groups = nextGroups(plan.ranks, state, changes).map((next): BaseGroup => {
      const { bits, parts } = layOut(next, this.bucketBytes, wasteful)
      const buckets = parts.flatMap((part) => {
        if (part instanceof Bucket) return [part]
        for (const source of part.sources) this.load(source)
        return part.make().map(({ rows, least }) => {
          const raw = rows.encode()
          const packed = rows.size === 0 ? new Uint8Array(0) : compress(raw)
          bytes.push(packed)
          this.written++
          const place = { object, offset: object.bytes, length: packed.length, rawBytes: raw.length, rows: rows.size, least }
          object.bytes += packed.length
          return new Bucket(place)
        })
      })
      return { operator: next.operator, group: next.group, bits, buckets }
    })
    this.objects.set(object.name, Buffer.concat(bytes))
    return PartitionState.of(plan, decodeManifest(encodeManifest(groups, 's/'), { own: 's/', shared: 'old/' }, name))
  }
}

const puts = (keys: readonly Key[], at: number, size = keys.length): StateChanges => [
  { operator: 'op', groups: [{ group: 0, dropped: false, deletes: [], puts: keys.map((key) => [key, { at }] as const), size }] },
]
const many = (n: number, from = 0): string[] => Array.from({ length: n }, (_, i) => `key-${from + i}`)

describe('a snapshot', () => {
  it('has as many buckets as its size asks for, in the order of the hashes, and doubles them when it grows', () => {
    const shelf = new Shelf(2_000)
    let state = shelf.snapshot(PartitionState.empty(plan), puts(many(100), 1), 'a')
    const sizes = (): number[] => [...state.buckets()].map(({ place }) => place.rows)
    expect(sizes()).toEqual([100])
    state = shelf.snapshot(state, puts(many(2_000, 100), 2, 2_100), 'b')
    const { bits, buckets } = state.table('op')!.groups.get(0)!.base!
    expect(buckets).toHaveLength(2 ** bits)
    expect(bits).toBeGreaterThan(2)
    expect(sizes().reduce((a, b) => a + b)).toBe(2_100)
    for (const { place } of buckets) expect(place.rawBytes).toBeLessThan(4_000)
    buckets.forEach((bucket, i) => {
      shelf.load(bucket)
      for (const [key] of bucket.rows!) expect(bucketIndex(hashKey(key), bits)).toBe(i)
    })
  })

  it('writes only the buckets that changed, and reads no other', () => {
    const shelf = new Shelf(300)
    const state = shelf.snapshot(PartitionState.empty(plan), puts(many(2_000), 1), 'a')
    const all = shelf.written
    expect(all).toBeGreaterThan(30)
    const overlay = new StateOverlay(state.table('op'), rank)
    shelf.on(state, () => overlay.put(0, 'key-7', { at: 5 }))
    expect(shelf.read).toBe(1)
    const next = shelf.snapshot(state, [{ operator: 'op', groups: overlay.changes() }], 'b')
    expect(shelf.written).toBe(all + 1)
    expect(shelf.read).toBe(1)
    // A third of the first object's buckets rewritten: it stays. More than half: what is left in it moves.
    const rewrite = (from: PartitionState, keys: readonly string[], name: string): PartitionState => {
      const some = new StateOverlay(from.table('op'), rank)
      shelf.on(from, () => {
        for (const key of keys) some.put(0, key, { at: 9 })
      })
      return shelf.snapshot(from, [{ operator: 'op', groups: some.changes() }], name)
    }
    const objects = (s: PartitionState): string[] => [...s.objects].toSorted()
    expect(objects(next)).toEqual(['s/a', 's/b'])
    const half = rewrite(next, many(Math.ceil(all * 0.9)), 'c')
    expect(objects(half)).toContain('s/a')
    expect(objects(rewrite(half, ['key-7'], 'd'))).not.toContain('s/a')
  })

  it('finds the oldest keys from what the manifest says, and loads only buckets that may have them', () => {
    const shelf = new Shelf(1_000)
    const young = puts(many(1_000), 100)[0]!.groups[0]!
    const all: StateChanges = [{ operator: 'op', groups: [{ ...young, puts: [...young.puts, ['old', { at: 3 }]], size: 1_001 }] }]
    let state = shelf.snapshot(PartitionState.empty(plan), all, 'a')
    const overlay = new StateOverlay(state.table('op'), rank)
    expect(shelf.on(state, () => overlay.below(3))).toEqual([])
    expect(shelf.read).toBe(0)
    expect(shelf.on(state, () => overlay.below(4))).toEqual(['old'])
    expect(shelf.on(state, () => overlay.leastRank())).toBe(3)
    expect(shelf.read).toBe(1)
    shelf.on(state, () => overlay.delete(0, 'old'))
    expect(shelf.on(state, () => overlay.leastRank())).toBe(100)
    expect(shelf.read).toBeLessThan(20)
    state = shelf.snapshot(state, [{ operator: 'op', groups: overlay.changes() }], 'b')
    expect(new StateOverlay(state.table('op'), rank).below(100)).toEqual([])
  })

  it('equals a plain model under any sequence of changes, snapshots and evictions', () => {
    const key = fc.oneof(fc.nat(60), fc.constantFrom('x', 'y'), fc.tuple(fc.nat(5), fc.constant('t')))
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), group: fc.nat(2), key, at: fc.nat(9) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), group: fc.nat(2), key }) },
      fc.record({ do: fc.constant('drop' as const), group: fc.nat(2) }),
      { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot' as const) }) },
      fc.record({ do: fc.constant('evict' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(40, 200, 10_000), (steps, bucketBytes) => {
        const shelf = new Shelf(bucketBytes)
        let state = PartitionState.empty(plan)
        let overlay = new StateOverlay(state.table('op'), rank)
        const model = new Map<string, { group: number; at: number }>()
        const name = (group: number, k: unknown): string => JSON.stringify([group, k])
        steps.forEach((s, i) => {
          if (s.do === 'put') {
            shelf.on(state, () => overlay.put(s.group, s.key, { at: s.at }))
            model.set(name(s.group, s.key), { group: s.group, at: s.at })
          } else if (s.do === 'delete') {
            shelf.on(state, () => overlay.delete(s.group, s.key))
            model.delete(name(s.group, s.key))
          } else if (s.do === 'drop') {
            overlay.drop(s.group)
            for (const [k, v] of model) if (v.group === s.group) model.delete(k)
          } else if (s.do === 'evict') {
            for (const bucket of state.buckets()) bucket.release()
          } else {
            const groups = overlay.changes()
            const changes = groups.length === 0 ? [] : [{ operator: 'op', groups }]
            if (s.do === 'commit') state.apply(changes)
            else state = shelf.snapshot(state, changes, String(i))
            overlay = new StateOverlay(state.table('op'), rank)
          }
          for (let group = 0; group <= 2; group++) {
            const want = [...model].filter(([, v]) => v.group === group).map(([k, v]) => `${k} ${v.at}`)
            expect(overlay.size(group)).toBe(want.length)
            const got = shelf.on(state, () => [...overlay.entries(group)].map(([k, value]) => `${name(group, k)} ${rank(value)}`))
            expect(got.toSorted()).toEqual(want.toSorted())
          }
          const main = [...model.values()].filter((v) => v.group === 0)
          expect(shelf.on(state, () => overlay.leastRank())).toBe(Math.min(Infinity, ...main.map((v) => v.at)))
          expect(shelf.on(state, () => overlay.below(5)).map((k) => rank(overlay.get(0, k)))).toEqual(
            main
              .map((v) => v.at)
              .filter((at) => at < 5)
              .toSorted((a, b) => a - b),
          )
        })
      }),
    )
  })
})

describe('the cache of buckets', () => {
  it('forgets what was not read lately, when it is told to', () => {
    const shelf = new Shelf(1_000)
    const state = shelf.snapshot(PartitionState.empty(plan), puts(many(500), 1), 'a')
    const [hot, ...cold] = [...state.buckets()]
    const cache = new BucketCache(3 * 6_000)
    for (const bucket of [hot!, ...cold]) {
      shelf.load(bucket)
      cache.note(bucket)
    }
    expect(cache.bytes).toBeGreaterThan(18_000)
    expect(hot!.rows).toBeDefined()
    cache.trim()
    expect(cache.bytes).toBeLessThanOrEqual(18_000)
    expect(hot!.isLoaded).toBe(true)
    expect(cold.filter(({ isLoaded }) => isLoaded).length).toBeLessThan(3)
    // What is forgotten is read again.
    const gone = cold.find(({ isLoaded }) => !isLoaded)!
    shelf.load(gone)
    expect(gone.rows!.size).toBe(gone.place.rows)
  })
})

describe('a manifest', () => {
  const group = (name: string): BaseGroup => ({
    operator: 'op',
    group: 0,
    bits: 0,
    buckets: [new Bucket({ object: { name, bytes: 9 }, offset: 1, length: 2, rawBytes: 3, rows: 4, least: null })],
  })
  const FOLDERS = { own: '_millrace/state/jobs/j/task/s/0/', shared: '_millrace/state/task/s/0/' }
  const nameIn = (bytes: Uint8Array): string => decodeManifest(bytes, FOLDERS, 'x')[0]!.buckets[0]!.place.object.name

  it.each([`${FOLDERS.own}7-id/0`, `${FOLDERS.shared}3-id/0`])('names %s, wherever it is', (name) => {
    expect(nameIn(encodeManifest([group(name)], FOLDERS.own))).toBe(name)
  })

  it('of version 1 names what lies where all jobs wrote side by side', () => {
    const rows = (...fields: readonly unknown[]): Uint8Array => encodeRows(fields)
    const bytes = compress(encodeValue([1, rows(['3-id/0', 9]), rows(['op', 0, 0]), rows([0, 1, 2, 3, 4, null])]))
    expect(nameIn(bytes)).toBe(`${FOLDERS.shared}3-id/0`)
  })
})
