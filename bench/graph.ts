// millrace/graph beside graphology, built and all; memory; and components over all time in a cold process.
import assert from 'node:assert/strict'
import { defineJob, json, seconds } from 'millrace'
import { connectedComponents, Graph } from '../lib/graph/index.ts'
import { graphOfTheirs, loadTheirs, type Edge, type Theirs } from './graphology.ts'
import { graphMemory } from './graph-memory.ts'
import { measure, type Contender } from './measure.ts'
import { random } from './random.ts'
import { cpuMs, noCounts, sizeWorld } from './size/size-world.ts'
import { table } from './table.ts'

const VERTICES = 10_000
const EDGES = 100_000

/** Sources are skewed; doubles and loops are kept. */
function edgesOf(vertices: number, edges: number): readonly Edge[] {
  const next = random(3)
  return Array.from({ length: edges }, (): Edge => [`u${Math.floor(next() ** 2 * vertices)}`, `u${Math.floor(next() * vertices)}`])
}

/** Prints both in one table, then memory, then the cold process. */
export async function graph(): Promise<void> {
  const theirRank = loadTheirs<(graph: Theirs, options: object) => Readonly<Record<string, number>>>('graphology-metrics/centrality/pagerank')
  const { connectedComponents: theirComponents } = loadTheirs<{ connectedComponents(graph: Theirs): readonly unknown[] }>('graphology-components')
  const { singleSourceLength } = loadTheirs<{ singleSourceLength(graph: Theirs, source: string): Readonly<Record<string, number>> }>(
    'graphology-shortest-path/unweighted',
  )
  const edges = edgesOf(VERTICES, EDGES)
  const theirs = (): Theirs => graphOfTheirs(edges)
  const ours = (): Graph<number, number> => Graph.fromEdges(edges)
  const [a, b] = [ours(), theirs()]
  const landmark = 'u0'
  const steps: readonly (readonly [string, () => unknown, () => unknown])[] = [
    ['build', ours, theirs],
    ['PageRank to 1e-6', () => a.pageRank(1e-6), () => theirRank(b, { getEdgeWeight: null })],
    ['connected components', () => a.connectedComponents(), () => theirComponents(b)],
    ['triangles', () => a.triangleCount(), () => theirTriangles(b)],
    ['paths, one landmark', () => a.shortestPaths([landmark]), () => singleSourceLength(b, landmark)],
  ]
  assert.equal(new Set(a.connectedComponents().vertices.map(([, name]) => name)).size, theirComponents(b).length)
  assert.equal(a.triangleCount().vertices.reduce((sum, [, n]) => sum + n, 0) / 3, theirTriangles(b))
  const rows: string[][] = []
  for (const [name, mine, other] of steps) {
    const both: readonly Contender<unknown>[] = [
      { name: 'ours', run: mine },
      { name: 'theirs', run: other },
    ]
    const ms = await measure(both, { rounds: 5, warmup: 2 })
    const [m, t] = [ms.get('ours') ?? NaN, ms.get('theirs') ?? NaN]
    rows.push([name, m.toFixed(1), t.toFixed(1), `${(t / m).toFixed(1)} x`])
  }
  const sum = (column: number): number => rows.reduce((total, row) => total + Number(row[column]), 0)
  rows.push(['all of it', sum(1).toFixed(1), sum(2).toFixed(1), `${(sum(2) / sum(1)).toFixed(1)} x`])
  console.log(`${VERTICES.toLocaleString('en')} vertices with text ids, ${EDGES.toLocaleString('en')} edges; ms of CPU; results compared first`)
  console.log(table(['', 'millrace/graph', 'graphology', ''], rows))
  console.log('')
  graphMemory()
  console.log('')
  await components()
}

function theirTriangles(graph: Theirs): number {
  const number = new Map<string, number>()
  graph.forEachNode((id) => number.set(id, number.size))
  const near = new Map([...number.keys()].map((id) => [id, new Set(graph.neighbors(id).filter((other) => other !== id))]))
  let count = 0
  const before = (x: string, y: string): boolean => (number.get(x) ?? 0) < (number.get(y) ?? 0)
  for (const [x, of] of near) for (const y of of) if (before(x, y)) for (const z of near.get(y) ?? []) if (before(y, z) && of.has(z)) count++
  return count
}

const KNOWN = 1_000_000
const LOAD = 100_000
const BATCH = 1_000
/** What S3 takes within a region. */
const S3 = { firstByteMs: 20, bytesPerMs: 80_000 }

async function components(): Promise<void> {
  let calls = 0
  const job = defineJob({ name: 'components', batchInterval: seconds(5) }, (ssc) => {
    const edges = ssc.kinesisStream('lines', json()).map((row) => {
      calls++
      return row as readonly [number, number]
    })
    const found = connectedComponents(edges, { uid: 'people' })
    found.vertices.saveAsJsonFiles('vertices')
    found.merged.saveAsJsonFiles('merged')
  })
  const world = sizeWorld(job, { s3: S3 })
  const loader = world.process()
  const next = random(7)
  // Entities of ten vertices each, in any order.
  const edge = (i: number): string => JSON.stringify([i, i % 10 === 0 ? i : i - 1 - Math.floor(next() * (i % 10))])
  for (let from = 0; from < KNOWN; from += LOAD)
    await world.batch(
      loader,
      Array.from({ length: LOAD }, (_, i) => edge(from + i)),
    )
  const someEdges = (): string[] => Array.from({ length: BATCH }, () => JSON.stringify([Math.floor(next() * KNOWN), Math.floor(next() * KNOWN)]))
  const rows: string[][] = []
  const cold = world.process()
  for (const name of ['the first batch', 'the second', 'the third']) {
    Object.assign(world.counts, noCounts())
    const [cpu, wall, called] = [cpuMs(), performance.now(), calls]
    await world.batch(cold, someEdges())
    assert.equal(calls - called, BATCH, 'a function of the program ran again')
    assert.ok((await world.lastRows('merged')).length > BATCH / 2)
    const { stateRequests, stateBytesRead } = world.counts
    rows.push([
      name,
      `${((performance.now() - wall) / 1000).toFixed(2)} s`,
      `${((cpuMs() - cpu) / 1000).toFixed(2)} s`,
      stateRequests.toFixed(0),
      `${(stateBytesRead / 1e6).toFixed(1)} MB`,
    ])
  }
  // All of it in a snapshot; then a process that may hold next to nothing says what it would have to.
  const snapshots = world.process({ tailEntries: 1 })
  for (let i = 0; i < 3; i++) await world.batch(snapshots, someEdges())
  await world.batch(world.process({ maxTaskBytes: 1024 * 1024, stateCacheBytes: 0 }), someEdges())
  const needed = /reads about (\d+) MB/.exec(
    String((world.events.findLast(({ event }) => event === 'failed') as { readonly message?: string } | undefined)?.message),
  )?.[1]
  console.log(
    `connectedComponents in a cold process: ${KNOWN.toLocaleString('en')} vertices known, ${BATCH.toLocaleString('en')} edges a batch; S3 answers after ${S3.firstByteMs} ms`,
  )
  console.log(table(['', 'wall time', 'CPU', 'S3 requests', 'read'], rows))
  console.log(
    `The edges touch all of the state: a task must hold ${needed ?? 'an unknown number of'} MB of it, ${Math.round((Number(needed) * 1024 * 1024) / KNOWN)} bytes a vertex`,
  )
}
