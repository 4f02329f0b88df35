import { describe, expect, it } from 'vitest'
import type { BarrierNode, Distribution, Node } from '../../lib/dstream/node.ts'
import { place } from '../../lib/plan/place.ts'

const base = { uid: undefined, slideMs: 1000, params: {} }
const input = (stream: string): Node => ({
  ...base,
  shape: 'input',
  kind: 'kinesisStream',
  parents: [],
  stream,
  decoder: { decode: (d) => d },
  queue: undefined,
})
const map = (parent: Node, keepsKeys = false): Node => ({
  ...base,
  shape: 'narrow',
  kind: 'map',
  parents: [parent],
  keepsKeys,
  stateful: undefined,
  open: (down) => ({ push: down }),
})
const barrier = (parents: Node[], distribution: Distribution, keepsKeys = true): BarrierNode => ({
  ...base,
  shape: 'barrier',
  kind: 'barrier',
  parents,
  distribution,
  combiner: undefined,
  stateful: undefined,
  keepsKeys,
  compute: (rows) => rows[0] ?? [],
})
const stateful = (parent: Node, numPartitions?: number): Node => ({
  ...base,
  shape: 'narrow',
  kind: 'mapWithState',
  parents: [parent],
  keepsKeys: false,
  stateful: { keeps: {} },
  distribution: { kind: 'key', numPartitions },
  open: (down) => ({ push: down }),
})
const union = (...parents: Node[]): Node => ({ ...base, shape: 'union', kind: 'union', parents })
const output = (parent: Node, distribution: Distribution = { kind: 'none' }): Node => ({
  ...base,
  shape: 'output',
  kind: 'print',
  parents: [parent],
  distribution,
  output: { kind: 'print', num: 10 },
})
const key = (numPartitions?: number): Distribution => ({ kind: 'key', numPartitions })

/** What a program becomes: `level x partitions` of each node, and the moves as `from-to`. */
function placed(nodes: readonly Node[], defaultPartitions: number): { readonly at: readonly string[]; readonly moves: readonly string[] } {
  const { places, moves } = place(nodes, defaultPartitions)
  return {
    at: nodes.map((n) => `${places.get(n)?.level}x${places.get(n)?.partitions}`),
    moves: moves.map((m) => `${nodes.indexOf(m.from)}-${m.spread}-${nodes.indexOf(m.to)}`),
  }
}

describe('stages are cut at shuffles', () => {
  it('a graph without a shuffle gets one before its outputs, a shard whole to one partition', () => {
    const a = input('a')
    const m = map(a)
    expect(placed([a, m, output(m)], 4)).toEqual({ at: ['0x0', '0x0', '1x4'], moves: ['1-source-2'] })
  })

  it('consecutive stages of one partition are one stage', () => {
    const a = input('a')
    const r = barrier([a], key())
    const s = barrier([r], key())
    expect(placed([a, r, s, output(s, { kind: 'whole' })], 1)).toEqual({ at: ['0x0', '1x1', '1x1', '1x1'], moves: ['0-key-1'] })
  })

  it.each([
    { change: 'keys kept', keeps: true, at: ['0x0', '1x4', '1x4', '1x4'], moves: ['0-key-1'] },
    { change: 'keys changed', keeps: false, at: ['0x0', '1x4', '1x4', '2x4'], moves: ['0-key-1', '2-key-3'] },
  ])('a second keyed operator after a map: $change', ({ keeps, at, moves }) => {
    const a = input('a')
    const r = barrier([a], key())
    const m = map(r, keeps)
    expect(placed([a, r, m, barrier([m], key())], 4)).toEqual({ at, moves })
  })

  it('what needs the whole batch forces one partition', () => {
    const a = input('a')
    const r = barrier([a], key(4))
    expect(placed([a, r, output(r, { kind: 'whole' })], 1)).toEqual({ at: ['0x0', '1x4', '2x1'], moves: ['0-key-1', '1-whole-2'] })
  })

  it('a join stands where the later of its parents arrives', () => {
    const a = input('a')
    const b = input('b')
    const r = barrier([a], key(4))
    const s = barrier([map(r)], key(4))
    const j = barrier([s, b], key(4))
    const nodes = [a, b, r, s.parents[0] as Node, s, j]
    expect(placed(nodes, 4)).toEqual({ at: ['0x0', '0x0', '1x4', '1x4', '2x4', '2x4'], moves: ['0-key-2', '3-key-4', '1-key-5'] })
  })

  it('a window that everybody reads by key is kept by key, so its rows cross once', () => {
    const a = input('a')
    const w = barrier([a], { kind: 'none' })
    expect(placed([a, w, barrier([w], key(8))], 2)).toEqual({ at: ['0x0', '1x8', '1x8'], moves: ['0-key-1'] })
  })

  it('a union of streams stays in receive; one of stages gathers', () => {
    const a = input('a')
    const b = input('b')
    const u = union(a, b)
    expect(placed([a, b, u, stateful(u, 2)], 1)).toEqual({ at: ['0x0', '0x0', '0x0', '1x2'], moves: ['2-key-3'] })
    const r = barrier([a], key(2))
    const v = union(r, b)
    expect(placed([a, b, r, v], 1)).toEqual({ at: ['0x0', '0x0', '1x2', '1x2'], moves: ['0-key-2', '1-source-3'] })
  })

  it('repartition always moves', () => {
    const a = input('a')
    const r = barrier([a], key(2))
    expect(placed([a, r, barrier([r], { kind: 'spread', numPartitions: 2 }, false)], 1)).toEqual({
      at: ['0x0', '1x2', '2x2'],
      moves: ['0-key-1', '1-spread-2'],
    })
  })
})
