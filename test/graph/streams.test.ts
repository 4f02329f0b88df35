// Graphs as operators of jobs: of batches, of windows, and components over all time against a plain union of sets.
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { defineJob, json, type Job, seconds, type StreamingContext, text } from 'millrace'
import { connectedComponents, type EdgeRow, graphOf } from 'millrace/graph'
import { runBatches, type Result } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import routesGraph from '../../functions/routes-graph.ts'
import { compareKeys, type Key } from '../../lib/values/key.ts'
import { makeEngine } from '../runtime/engine.ts'

const STORM = { numPartitions: 3, shards: 3, seed: 5, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.3, staleCache: 0.3 } } as const
type Row = readonly [string | number, string | number]

const edgesOf = (ssc: StreamingContext) => ssc.kinesisStream('edges', json()).map((row) => row as EdgeRow<number>)
const rowsAt = (run: Result, prefix: string): ReadonlyMap<number, readonly unknown[]> =>
  new Map(run.json(prefix).map(({ timeMs, rows }) => [timeMs / 10_000, rows]))
const byKey = (rows: readonly unknown[]): readonly unknown[] => [...(rows as readonly (readonly [Key, Key])[])].sort(([a], [b]) => compareKeys(a, b))

/** After each batch: what it says of its vertices, and which names have gone. Sets are joined one by one. */
function plain(
  batches: readonly (readonly Row[])[],
): readonly { readonly vertices: readonly unknown[]; readonly merged: readonly unknown[]; readonly names: ReadonlyMap<Key, Key> }[] {
  let sets: Set<Key>[] = []
  const nameOf = (set: ReadonlySet<Key>): Key => [...set].sort(compareKeys)[0]!
  return batches.map((edges) => {
    const before = sets.map((set) => ({ name: nameOf(set), one: nameOf(set) }))
    for (const edge of edges) {
      const mine = sets.filter((set) => edge.some((id) => set.has(id)))
      sets = [...sets.filter((set) => !mine.includes(set)), new Set<Key>([...edge, ...mine.flatMap((set) => [...set])])]
    }
    const names = new Map(sets.flatMap((set) => [...set].map((id) => [id, nameOf(set)] as const)))
    return {
      names,
      vertices: [...new Set<Key>(edges.flat())].sort(compareKeys).map((id) => [id, names.get(id)]),
      merged: before
        .filter(({ name, one }) => compareKeys(name, names.get(one)!) !== 0)
        .map(({ name, one }) => [name, names.get(one)])
        .sort(([a], [b]) => compareKeys(a!, b!)),
    }
  })
}

describe('connectedComponents', () => {
  const job = defineJob({ name: 'people', batchInterval: seconds(10) }, (ssc) => {
    const people = connectedComponents(edgesOf(ssc), { uid: 'people' })
    people.vertices.saveAsJsonFiles('vertices')
    people.merged.saveAsJsonFiles('merged')
    people.componentOf(ssc.kinesisStream('asked', json()).map((row) => row as Key)).saveAsJsonFiles('found')
  })

  it('says the component of the vertices that came, and the names that have gone', async () => {
    const batches: readonly (readonly Row[])[] = [
      [
        ['m', 'n'],
        ['x', 'y'],
      ],
      [],
      [['y', 'm']],
      [
        ['a', 'a'],
        ['a', 'x'],
        [7, 'n'],
      ],
    ]
    const asked = [['n', 'q'], ['y'], ['y', 'x'], ['m', 7]]
    for (const layout of [{}, STORM]) {
      const run = await runBatches(job, { edges: batches, asked: asked.map((batch) => batch.map((id) => JSON.stringify(id))) }, layout)
      expect(byKey(rowsAt(run, 'vertices').get(1)!)).toEqual([
        ['m', 'm'],
        ['n', 'm'],
        ['x', 'x'],
        ['y', 'x'],
      ])
      expect(rowsAt(run, 'merged').get(1)).toEqual([])
      expect(byKey(rowsAt(run, 'found').get(1)!)).toEqual([
        ['n', 'm'],
        ['q', null],
      ])
      expect(rowsAt(run, 'found').get(2)).toEqual([['y', 'x']])
      expect(byKey(rowsAt(run, 'vertices').get(3)!)).toEqual([
        ['m', 'm'],
        ['y', 'm'],
      ])
      expect(rowsAt(run, 'merged').get(3)).toEqual([['x', 'm']])
      expect(byKey(rowsAt(run, 'found').get(3)!)).toEqual([
        ['x', 'm'],
        ['y', 'm'],
      ])
      // 7 is before all texts in the order of keys, so it is the name of all now.
      expect(byKey(rowsAt(run, 'vertices').get(4)!)).toEqual([
        [7, 7],
        ['a', 7],
        ['n', 7],
        ['x', 7],
      ])
      expect(rowsAt(run, 'merged').get(4)).toEqual([['m', 7]])
      expect(byKey(rowsAt(run, 'found').get(4)!)).toEqual([
        [7, 7],
        ['m', 7],
      ])
    }
  })

  it('is a plain union of sets, batch by batch, in a storm as well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 6 }), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        async (batches, seed) => {
          const expected = plain(batches)
          const asked = batches.map(() => [0, 5, 30])
          for (const layout of [{}, { ...STORM, seed }]) {
            const run = await runBatches(job, { edges: batches, asked }, layout)
            expected.forEach(({ vertices, merged, names }, i) => {
              expect(byKey(rowsAt(run, 'vertices').get(i + 1) ?? [])).toEqual(vertices)
              expect(byKey(rowsAt(run, 'merged').get(i + 1) ?? [])).toEqual(merged)
              expect(byKey(rowsAt(run, 'found').get(i + 1) ?? [])).toEqual([0, 5, 30].map((id) => [id, names.get(id) ?? null]))
            })
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  it('ends with the same components whatever the order and the batches of the edges', async () => {
    const edges = Array.from({ length: 60 }, (_, i): Row => [(i * 37) % 80, (i * 61 + 5) % 80])
    const cuts = [[edges], [edges.slice(0, 20), edges.slice(20, 21), edges.slice(21)], edges.toReversed().map((edge) => [edge])]
    const ends = await Promise.all(
      cuts.map(
        async (batches) => (await runBatches(job, { edges: batches, asked: [...batches.map(() => []), [...Array(80).keys()]] })).json('found').at(-1)!.rows,
      ),
    )
    expect(byKey(ends[1]!)).toEqual(byKey(ends[0]!))
    expect(byKey(ends[2]!)).toEqual(byKey(ends[0]!))
    expect(byKey(ends[0]!)).toEqual([...Array(80).keys()].map((id) => [id, plain([edges])[0]!.names.get(id) ?? null]))
  })

  it('has trees of at most log2 n levels, and a path of edges leaves none that is long', async () => {
    const n = 2000
    const run = await runBatches(job, { edges: [Array.from({ length: n }, (_, i): Row => [i, i + 1])], asked: [] })
    const parents = run.state('people')
    const depth = (id: string): number => {
      let levels = 0
      for (let entry = parents.get(id) as readonly unknown[]; entry.length === 1; entry = parents.get(String(entry[0])) as readonly unknown[]) levels++
      return levels
    }
    expect(parents.size).toBe(n + 1)
    expect(Math.max(...[...parents.keys()].map(depth))).toBeLessThanOrEqual(Math.log2(n + 1))
  })

  it('sends rows that are no edges to the dead letters', async () => {
    const run = await runBatches(job, {
      edges: [[['a', 'b'], JSON.stringify('ab'), ['a', { id: 1 }]]] as never,
      asked: [[{ id: 1 }, JSON.stringify('b')]] as never,
    })
    expect(byKey(rowsAt(run, 'vertices').get(1)!)).toEqual([
      ['a', 'a'],
      ['b', 'a'],
    ])
    expect(run.deadLetters.map(({ error }) => error).sort()).toEqual([
      expect.stringContaining('a graph got the string "ab" as an edge'),
      expect.stringContaining('componentOf: a key is an object'),
      expect.stringContaining('the destination of an edge: a key is an object'),
    ])
  })
})

describe('graphOf', () => {
  const job = (build: (ssc: StreamingContext) => void): Job => defineJob({ name: 'graphs', batchInterval: seconds(10) }, build)

  it('makes a graph of each batch and of each window, in one partition, and takes no row twice', async () => {
    const run = (layout: object): Promise<Result> =>
      runBatches(
        job((ssc) => {
          const edges = edgesOf(ssc)
          graphOf(edges, (graph) => graph.triangleCount().vertices).saveAsJsonFiles('batch')
          graphOf(edges.window(seconds(20), seconds(10), { uid: 'w' }), (graph, { milliseconds }) =>
            graph.connectedComponents().vertices.map((row) => [milliseconds, ...row]),
          ).saveAsJsonFiles('window')
        }),
        {
          edges: [
            [
              [1, 2],
              [2, 3],
              [3, 1],
            ],
            [[3, 4], JSON.stringify('no edge')],
            [[9, 8, 'w']],
          ] as never,
        },
        layout,
      )
    for (const layout of [{}, STORM]) {
      const result = await run(layout)
      expect(
        result
          .json('batch')
          .filter(({ rows }) => rows.length > 0)
          .map(({ rows }) => byKey(rows)),
      ).toEqual([
        [
          [1, 1],
          [2, 1],
          [3, 1],
        ],
        [
          [3, 0],
          [4, 0],
        ],
        [
          [8, 0],
          [9, 0],
        ],
      ])
      const names = (batch: number): unknown =>
        Object.fromEntries((rowsAt(result, 'window').get(batch) as [number, number, number][]).map(([, id, name]) => [id, name]))
      expect([1, 2, 3].map(names)).toEqual([
        { 1: 1, 2: 1, 3: 1 },
        { 1: 1, 2: 1, 3: 1, 4: 1 },
        { 3: 3, 4: 3, 8: 8, 9: 8 },
      ])
      // A record takes effect whole or not at all, in all branches.
      expect(result.deadLetters.map(({ error }) => error)).toEqual([expect.stringContaining('a graph got the string "no edge" as an edge')])
    }
  })

  it('refuses more edges than it may hold, by name, and the batch waits', async () => {
    const small = job((ssc) => graphOf(edgesOf(ssc), (graph) => [graph.numEdges], { maxEdges: 2 }).print())
    await expect(
      runBatches(small, {
        edges: [
          [
            [1, 2],
            [2, 3],
            [3, 4],
          ],
        ],
      }),
    ).rejects.toThrow('a graph got more than 2 edges; it is built in one task')
  })

  it('refuses a graph that takes more than a task may hold, and goes on where there is more memory', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `name-${i}`)
    // 80 edges between 160 vertices are 35 kB of graph; 150 between 300 are 66 kB, and about 22 kB of rows.
    const program = defineJob({ name: 'graphs', batchInterval: seconds(10) }, (ssc) => {
      const edges = ssc.kinesisStream('lines', text()).map((name) => [name, `of ${name}`] as const)
      graphOf(edges, (graph) => [graph.numVertices]).saveAsJsonFiles('out')
    })
    const engine = makeEngine(program, { maxTaskBytes: 40_000 })
    const counts = async (): Promise<string[]> => {
      const parts = (await engine.ports.objects.list('out-')).filter(({ key }) => key.includes('part'))
      return await Promise.all(parts.map(async ({ key }) => Buffer.from((await engine.ports.objects.get(key)) ?? '').toString()))
    }
    await engine.deliver(engine.process(), names.slice(0, 80))
    await engine.runTo(engine.process(), engine.clock.now() + 20_000)
    await engine.deliver(engine.process(), names.slice(0, 150), { from: 80 })
    await engine.runTo(engine.process(), engine.clock.now() + 20_000)
    expect((await counts()).join('')).toBe('160\n')
    expect(engine.events.find((e) => e.event === 'failed')?.['message']).toMatch(
      /a graph has more than \d+ edges between \d+ vertices, about 1 MB, and may take no more in this task: take a shorter window .* or give the run function more memory/,
    )
    const larger = engine.process({ settings: { maxTaskBytes: 80_000 } })
    await engine.runTo(larger, engine.clock.now() + 200_000)
    await engine.tick(larger)
    await engine.runTo(larger, engine.clock.now() + 60_000)
    expect((await counts()).sort().join('')).toBe('160\n300\n')
  })

  it('routes-graph ranks the airports of the last seven days', async () => {
    const flights = JSON.parse(readFileSync('node_modules/vega-datasets/data/flights-20k.json', 'utf8')) as readonly {
      date: string
      origin: string
      destination: string
    }[]
    const days = [...Map.groupBy(flights, ({ date }) => date.slice(0, 10)).values()].slice(0, 9)
    const run = await runBatches(routesGraph, { flights: days })
    const last = run.json('ranks').find(({ timeMs }) => timeMs === 9000)!.rows as readonly { airport: string; rank: number }[]
    const edges = days.slice(2, 9).flat()
    const ids = [...new Set(edges.flatMap(({ origin, destination }) => [origin, destination]))]
    const out = Map.groupBy(edges, ({ origin }) => origin)
    let ranks = new Map(ids.map((id) => [id, 1]))
    for (let i = 0; i < 200; i++) {
      const sums = new Map(ids.map((id) => [id, 0]))
      for (const { origin, destination } of edges) sums.set(destination, sums.get(destination)! + ranks.get(origin)! / out.get(origin)!.length)
      ranks = new Map([...sums].map(([id, sum]) => [id, 0.15 + 0.85 * sum]))
    }
    const total = [...ranks.values()].reduce((a, b) => a + b, 0)
    const best = [...ranks]
      .map(([airport, rank]) => ({ airport, rank: (rank * ids.length) / total }))
      .sort((a, b) => b.rank - a.rank)
      .slice(0, 10)
    expect(new Set(last.map(({ airport }) => airport))).toEqual(new Set(best.map(({ airport }) => airport)))
    for (const { airport, rank } of last) expect(Math.abs(rank / best.find((one) => one.airport === airport)!.rank - 1)).toBeLessThan(0.002)
  })
})
