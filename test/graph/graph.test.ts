// This file is long because each operation of GraphX has a row here: its values by hand, by Spark, or by a plain definition on random graphs.
import * as fc from 'fast-check'
import { defineJob, seconds } from 'millrace'
import { Graph, graphOf } from 'millrace/graph'
import { describe, expect, it } from 'vitest'
import { planJob } from '../../lib/plan/plan-job.ts'
import type { Key } from '../../lib/values/key.ts'

/** Of the reference: a sink (4), a double edge (5 to 3), a loop (6). */
const SPARK = [
  [1, 2],
  [1, 3],
  [2, 3],
  [3, 4],
  [5, 3],
  [5, 3],
  [6, 6],
] as const
const SILENT = { vertexProgram: (_id: Key, attr: string) => attr, sendMessage: () => [], mergeMessages: (a: string) => a }
const people = Graph.of(
  [
    [3, 'rxin'],
    [7, 'jgonzal'],
    [5, 'franklin'],
    [2, 'istoica'],
  ],
  [
    [3, 7, 'collab'],
    [5, 3, 'advisor'],
    [2, 5, 'colleague'],
    [5, 7, 'pi'],
  ],
  'missing',
)
type Pair = readonly [number, number]
const anyEdges = fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { minLength: 1, maxLength: 40 })
const ids = (edges: readonly Pair[]): readonly number[] => [...new Set(edges.flat())].sort((a, b) => a - b)
const valuesOf = <VD>(graph: Graph<VD, unknown>): Record<string, VD> => Object.fromEntries(graph.vertices.map(([id, attr]) => [String(id), attr]))

describe('PageRank', () => {
  it('has the values of Spark 4.3 where there are a sink, a double edge and a loop', () => {
    // org.apache.spark.graphx.lib.PageRank.run(graph, 20, 0.15)
    const spark = [0.342051286, 0.487423083, 1.192476297, 1.355656139, 0.342051286, 2.280341909]
    Graph.fromEdges(SPARK)
      .staticPageRank(20)
      .vertices.forEach(([id, rank], i) => {
        expect(id).toBe(i + 1)
        expect(rank).toBeCloseTo(spark[i]!, 8)
      })
  })

  it('that converges is the fixed point: rank = 0.15 + 0.85 sum of rank / edges out, up to one factor', () => {
    fc.assert(
      fc.property(anyEdges, (edges) => {
        const n = ids(edges).length
        const found = valuesOf(Graph.fromEdges(edges).pageRank(1e-12))
        const out = new Map<number, number>()
        for (const [src] of edges) out.set(src, (out.get(src) ?? 0) + 1)
        let ranks = new Map(ids(edges).map((id) => [id, 1]))
        for (let i = 0; i < 400; i++) {
          const sums = new Map(ids(edges).map((id) => [id, 0]))
          for (const [src, dst] of edges) sums.set(dst, sums.get(dst)! + ranks.get(src)! / out.get(src)!)
          ranks = new Map([...sums].map(([id, sum]) => [id, 0.15 + 0.85 * sum]))
        }
        const total = [...ranks.values()].reduce((a, b) => a + b, 0)
        for (const [id, rank] of ranks) expect(found[id]!).toBeCloseTo((rank * n) / total, 8)
      }),
    )
  })

  it('personalized begins anew at its source only, and sums to 1', () => {
    const graph = Graph.fromEdges([
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'c'],
      ['d', 'a'],
    ])
    for (const of of [graph.personalizedPageRank('a', 1e-12), graph.staticPersonalizedPageRank('a', 300)]) {
      const ranks = valuesOf(of)
      expect(Object.values(ranks).reduce((sum, rank) => sum + rank, 0)).toBeCloseTo(1, 10)
      expect(ranks['d']).toBe(0)
      // b = 0.85 a, c = 0.85 b / 2; the sum is 1.
      expect(ranks['b']! / ranks['a']!).toBeCloseTo(0.85, 8)
      expect(ranks['c']! / ranks['b']!).toBeCloseTo(0.425, 8)
    }
  })

  it('and everything else is the same bits whatever the order of the edges', () => {
    fc.assert(
      fc.property(anyEdges, fc.infiniteStream(fc.nat()), (edges, order) => {
        const shuffled = edges
          .map((edge) => [order.next().value as number, edge] as const)
          .sort(([a], [b]) => a - b)
          .map(([, edge]) => edge)
        const [one, other] = [Graph.fromEdges(edges), Graph.fromEdges(shuffled)]
        for (const of of [
          (g: typeof one) => g.pageRank(0.001),
          (g: typeof one) => g.staticPageRank(7),
          (g: typeof one) => g.connectedComponents(),
          (g: typeof one) => g.triangleCount(),
          (g: typeof one) => g.labelPropagation(4),
          (g: typeof one) => g.stronglyConnectedComponents(),
        ])
          expect(of(other).vertices).toEqual(of(one).vertices)
      }),
    )
  })
})

describe('algorithms', () => {
  it('connectedComponents: named by the least id, directions ignored, as Spark on the graph of the reference', () => {
    expect(valuesOf(Graph.fromEdges(SPARK).connectedComponents())).toEqual({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 6 })
    expect(
      Graph.fromEdges([
        ['b', 'a'],
        ['b', 'c'],
        [
          ['x', 1],
          ['x', 0],
        ],
      ] as [Key, Key][]).connectedComponents().vertices,
    ).toEqual([
      ['a', 'a'],
      ['b', 'a'],
      ['c', 'a'],
      [
        ['x', 0],
        ['x', 0],
      ],
      [
        ['x', 1],
        ['x', 0],
      ],
    ])
  })

  it('components, strong components and paths are those of plain reachability', () => {
    fc.assert(
      fc.property(anyEdges, (edges) => {
        const all = ids(edges)
        const reach = (from: number, of: readonly Pair[]): Map<number, number> => {
          const hops = new Map([[from, 0]])
          for (const v of hops.keys()) for (const [a, b] of of) if (a === v && !hops.has(b)) hops.set(b, hops.get(v)! + 1)
          return hops
        }
        const graph = Graph.fromEdges(edges)
        const both = [...edges, ...edges.map(([a, b]): Pair => [b, a])]
        expect(valuesOf(graph.connectedComponents())).toEqual(Object.fromEntries(all.map((v) => [v, Math.min(...reach(v, both).keys())])))
        const forward = new Map(all.map((v) => [v, reach(v, edges)]))
        expect(valuesOf(graph.stronglyConnectedComponents())).toEqual(
          Object.fromEntries(all.map((v) => [v, Math.min(...[...forward.get(v)!.keys()].filter((w) => forward.get(w)!.has(v)))])),
        )
        const landmarks = [...new Set([all.at(-1)!, all[0]!])]
        expect(valuesOf(graph.shortestPaths(landmarks))).toEqual(
          Object.fromEntries(all.map((v) => [v, landmarks.flatMap((l) => (forward.get(v)!.has(l) ? [[l, forward.get(v)!.get(l)!]] : []))])),
        )
      }),
    )
  })

  it('shortestPaths: as in GraphX no path leads to a landmark that is no vertex, and one that is named twice is one', () => {
    const graph = Graph.fromEdges([
      ['a', 'b'],
      ['b', 'b'],
    ])
    expect(valuesOf(graph.shortestPaths(['nowhere']))).toEqual({ a: [], b: [] })
    expect(valuesOf(graph.shortestPaths(['b', 'nowhere', 'b']))).toEqual({ a: [['b', 1]], b: [['b', 0]] })
    expect(Graph.fromEdges([]).shortestPaths(['a']).vertices).toEqual([])
  })

  it('triangleCount: each set of three that are all neighbours', () => {
    expect(valuesOf(Graph.fromEdges(SPARK).triangleCount())).toEqual({ 1: 1, 2: 1, 3: 1, 4: 0, 5: 0, 6: 0 })
    fc.assert(
      fc.property(anyEdges, (edges) => {
        const all = ids(edges)
        const has = (a: number, b: number): boolean => edges.some(([s, d]) => (s === a && d === b) || (s === b && d === a))
        const counts = Object.fromEntries(all.map((v) => [v, 0]))
        for (const a of all)
          for (const b of all) for (const c of all) if (a < b && b < c && has(a, b) && has(b, c) && has(a, c)) for (const v of [a, b, c]) counts[v]!++
        expect(valuesOf(Graph.fromEdges(edges).triangleCount())).toEqual(counts)
      }),
    )
  })

  it('labelPropagation: the most frequent label, of equal ones the least, all at once', () => {
    // Two triangles with one edge between them: by hand, step by step.
    const graph = Graph.fromEdges([
      [1, 2],
      [2, 3],
      [3, 1],
      [3, 4],
      [4, 5],
      [5, 6],
      [6, 4],
    ])
    expect(Object.values(valuesOf(graph.labelPropagation(1)))).toEqual([2, 1, 1, 3, 4, 4])
    fc.assert(
      fc.property(anyEdges, fc.integer({ min: 1, max: 5 }), (edges, steps) => {
        let labels = new Map(ids(edges).map((v) => [v, v]))
        for (let i = 0; i < steps; i++) {
          labels = new Map(
            [...labels].map(([v, own]) => {
              const votes = new Map<number, number>()
              for (const [a, b] of edges)
                for (const [at, other] of [
                  [a, b],
                  [b, a],
                ] as const)
                  if (at === v) votes.set(labels.get(other)!, (votes.get(labels.get(other)!) ?? 0) + 1)
              const most = Math.max(0, ...votes.values())
              return [v, most === 0 ? own : Math.min(...[...votes].filter(([, n]) => n === most).map(([label]) => label))]
            }),
          )
        }
        expect(valuesOf(Graph.fromEdges(edges).labelPropagation(steps))).toEqual(Object.fromEntries(labels))
      }),
    )
  })

  it('go along a path of 10^6 vertices', { timeout: 300_000 }, () => {
    const n = 1_000_000
    const graph = Graph.fromEdges(Array.from({ length: n - 1 }, (_, i) => [i, i + 1] as const))
    expect(graph.numVertices).toBe(n)
    expect(new Set(graph.connectedComponents().vertices.map(([, name]) => name)).size).toBe(1)
    expect(graph.stronglyConnectedComponents().vertices.every(([id, name]) => id === name)).toBe(true)
    expect(graph.shortestPaths([n - 1]).vertices[0]).toEqual([0, [[n - 1, n - 1]]])
    expect(graph.triangleCount().vertices.every(([, count]) => count === 0)).toBe(true)
    const cycle = Graph.fromEdges([...Array.from({ length: n - 1 }, (_, i) => [i, i + 1] as const), [n - 1, 0]])
    expect(cycle.stronglyConnectedComponents().vertices.every(([, name]) => name === 0)).toBe(true)
  })
})

describe('a graph', () => {
  it('has vertices in the order of keys and edges by their ends; keys are values', () => {
    expect(people.vertices).toEqual([
      [2, 'istoica'],
      [3, 'rxin'],
      [5, 'franklin'],
      [7, 'jgonzal'],
    ])
    expect(people.edges.map(({ srcId, dstId, attr }) => [srcId, dstId, attr])).toEqual([
      [2, 5, 'colleague'],
      [3, 7, 'collab'],
      [5, 3, 'advisor'],
      [5, 7, 'pi'],
    ])
    expect(people.triplets[0]).toEqual({ srcId: 2, dstId: 5, srcAttr: 'istoica', dstAttr: 'franklin', attr: 'colleague' })
    const mixed = Graph.fromEdges([
      [1, '1'],
      [1n, [1]],
      [-0, 0],
      [{}.constructor.name, null],
    ])
    expect(mixed.vertices.map(([id]) => id)).toEqual([null, 0, 1, 1n, '1', 'Object', [1]])
    expect(mixed.edges.find(({ srcId }) => srcId === 0)).toEqual({ srcId: 0, dstId: 0, attr: 1 })
    for (const id of ['a', ['a']]) expect(Graph.fromEdges([[id, 'b', null]]).edges).toEqual([{ srcId: id, dstId: 'b', attr: null }])
    expect(Graph.of([['a', 1]], [['b', 'c']], 7).vertices).toEqual([
      ['a', 1],
      ['b', 7],
      ['c', 7],
    ])
  })

  it('has degrees as in GraphX: only vertices that have any; a loop counts twice', () => {
    const graph = Graph.of(
      [[9, 0]],
      SPARK.map(([a, b]) => [a, b] as const),
      0,
    )
    expect(graph.degrees).toEqual([
      [1, 2],
      [2, 2],
      [3, 5],
      [4, 1],
      [5, 2],
      [6, 2],
    ])
    expect(graph.inDegrees).toEqual([
      [2, 1],
      [3, 4],
      [4, 1],
      [6, 1],
    ])
    expect(graph.outDegrees).toEqual([
      [1, 2],
      [2, 1],
      [3, 1],
      [5, 2],
      [6, 1],
    ])
    expect([graph.numVertices, graph.numEdges]).toEqual([7, 7])
    expect(
      Graph.fromEdges([
        [1, 2],
        [3, 1],
      ]).collectNeighborIds(),
    ).toEqual([
      [1, [2, 3]],
      [2, [1]],
      [3, [1]],
    ])
    expect(
      Graph.fromEdges([
        [1, 2],
        [3, 1],
      ]).collectNeighborIds('In'),
    ).toEqual([
      [1, [3]],
      [2, [1]],
      [3, []],
    ])
    expect(
      Graph.fromEdges([
        [1, 2],
        [3, 1],
      ]).collectNeighborIds('Out'),
    ).toEqual([
      [1, [2]],
      [2, []],
      [3, [1]],
    ])
  })

  it('is mapped, turned, cut and joined into others, and never changes', () => {
    expect(people.mapVertices((id, name) => `${String(id)} ${name}`).vertices[1]).toEqual([3, '3 rxin'])
    expect(people.mapEdges(({ attr }) => attr.length).edges.map(({ attr }) => attr)).toEqual([9, 6, 7, 2])
    expect(people.mapTriplets(({ srcAttr, attr, dstAttr }) => `${srcAttr} ${attr} ${dstAttr}`).edges[3]!.attr).toBe('franklin pi jgonzal')
    expect(people.reverse().edges.map(({ srcId, dstId, attr }) => [srcId, dstId, attr])).toEqual([
      [3, 5, 'advisor'],
      [5, 2, 'colleague'],
      [7, 3, 'collab'],
      [7, 5, 'pi'],
    ])
    const young = people.subgraph(
      ({ attr }) => attr !== 'pi',
      (id) => id !== 2,
    )
    expect([young.vertices.map(([id]) => id), young.edges.map(({ attr }) => attr)]).toEqual([
      [3, 5, 7],
      ['collab', 'advisor'],
    ])
    expect(
      Graph.fromEdges<number>([
        [1, 2, 5],
        [1, 2, 6],
        [2, 1, 7],
        [1, 2, 8],
      ]).groupEdges((a, b) => a * 10 + b).edges,
    ).toEqual([
      { srcId: 1, dstId: 2, attr: 568 },
      { srcId: 2, dstId: 1, attr: 7 },
    ])
    expect(
      people
        .joinVertices(
          [
            [3, '!'],
            [99, '?'],
          ],
          (_id, name, more) => name + more,
        )
        .vertices.map(([, name]) => name),
    ).toEqual(['istoica', 'rxin!', 'franklin', 'jgonzal'])
    expect(people.outerJoinVertices(people.outDegrees, (_id, _name, n) => n ?? 0).vertices).toEqual([
      [2, 1],
      [3, 1],
      [5, 2],
      [7, 0],
    ])
    expect(people.vertices[1]).toEqual([3, 'rxin'])
  })

  it('aggregates messages in the order of edges', () => {
    const found = people.aggregateMessages<string>(
      ({ srcAttr, dstAttr, sendToDst, sendToSrc }) => {
        sendToDst(srcAttr)
        if (dstAttr === 'rxin') sendToSrc('!')
      },
      (a, b) => `${a},${b}`,
    )
    expect(found).toEqual([
      [3, 'franklin'],
      [5, 'istoica,!'],
      [7, 'rxin,franklin'],
    ])
  })

  it.each(['Either', 'Out'] as const)('runs Pregel: single-source shortest paths with weights (%s)', (activeDirection) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(8), fc.nat(8), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 25 }), (edges) => {
        const source = edges[0]![0]
        const graph = Graph.fromEdges<number>(edges).mapVertices((id) => (id === source ? 0 : Infinity))
        const found = graph.pregel(
          Infinity,
          {
            vertexProgram: (_id, distance, message) => Math.min(distance, message),
            sendMessage: ({ srcAttr, dstAttr, dstId, attr }) => (srcAttr + attr < dstAttr ? [[dstId, srcAttr + attr]] : []),
            mergeMessages: Math.min,
          },
          { activeDirection },
        )
        const distances = new Map(graph.vertices.map(([id, d]) => [id, d]))
        for (let i = 0; i < 10; i++) for (const [a, b, w] of edges) distances.set(b, Math.min(distances.get(b)!, distances.get(a)! + w))
        expect(new Map(found.vertices)).toEqual(distances)
      }),
    )
  })

  it('stops Pregel after maxIterations, and refuses messages to others', () => {
    const line = Graph.fromEdges([
      [1, 2],
      [2, 3],
      [3, 4],
    ]).mapVertices((id) => id as number)
    const program = {
      vertexProgram: (_id: Key, a: number, m: number) => Math.min(a, m),
      sendMessage: ({ srcAttr, dstAttr, dstId }: { srcAttr: number; dstAttr: number; dstId: Key }) => (srcAttr < dstAttr ? [[dstId, srcAttr] as const] : []),
      mergeMessages: Math.min,
    }
    expect(line.pregel(Infinity, program, { maxIterations: 2 }).vertices.map(([, v]) => v)).toEqual([1, 1, 1, 2])
    expect(() => line.pregel(Infinity, { ...program, sendMessage: () => [[9, 1] as const] })).toThrow(
      'an edge sent a message to the number 9, which is neither of its ends',
    )
  })

  it.each<readonly [string, () => unknown, string]>([
    [
      'an edge that is a text',
      () => Graph.fromEdges(['ab' as never]),
      'a graph got the string "ab" as an edge; an edge is [src, dst], [src, dst, attr] or { srcId, dstId, attr }',
    ],
    ['an end that is no key', () => Graph.fromEdges([[{}, 1] as never]), 'the source of an edge: a key is an object'],
    [
      'more edges than it may hold',
      () =>
        Graph.fromEdges(
          [
            [1, 2],
            [2, 3],
          ],
          1,
          { maxEdges: 1 },
        ),
      'a graph got more than 1 edges; it is built in one task: take a shorter window or fewer edges',
    ],
    ['a source that is not there', () => people.personalizedPageRank(1, 0.1), 'personalizedPageRank: 1 is no vertex of this graph; take one of its 4'],
    ['a limit that is none', () => Graph.fromEdges([], 1, { maxEdges: NaN }), 'Graph: maxEdges is the number NaN; it must be a number at least 0'],
    [
      'a limit that is none, where the program is built',
      () =>
        planJob(
          defineJob({ name: 'limit', batchInterval: seconds(1) }, (ssc) =>
            graphOf(ssc.queueStream<[Key, Key]>([]), () => [], { maxBytes: '1' as never }).print(),
          ),
        ),
      'graphOf: maxBytes is the string "1"; it must be a number at least 0',
    ],
    ['no iteration', () => people.pregel('', SILENT, { maxIterations: NaN }), 'pregel: maxIterations is the number NaN; it must be a number more than 0'],
    [
      'a direction that is none',
      () => people.pregel('', SILENT, { activeDirection: 'In ' as never }),
      'pregel: activeDirection is the string "In "; it must be one of Out, In, Either, Both',
    ],
    ['half a step', () => people.labelPropagation(0.5), 'labelPropagation got the number 0.5 as its number of steps'],
    ['a tolerance of 0', () => people.pageRank(0), 'pageRank got the number 0 as its tolerance'],
    ['a resetProb of 1', () => people.pageRank(0.1, 1), 'pageRank got the number 1 as its resetProb'],
  ])('refuses %s', (_name, run, message) => expect(run).toThrow(message))
})

it('an empty graph has nothing, and says so everywhere', () => {
  const graph = Graph.fromEdges([])
  for (const of of [
    graph.pageRank(0.1),
    graph.staticPageRank(3),
    graph.connectedComponents(),
    graph.stronglyConnectedComponents(),
    graph.triangleCount(),
    graph.labelPropagation(2),
    graph.reverse(),
  ])
    expect(of.vertices).toEqual([])
  expect([
    graph.edges,
    graph.degrees,
    graph.aggregateMessages(
      () => {},
      (a) => a,
    ),
  ]).toEqual([[], [], []])
})
