// What a graph takes beside its rows: node --expose-gc bench/graph-memory.ts OF VERTICES EDGES makes one and prints JSON; graphMemory() starts a process for each and prints a table.
import { execFileSync } from 'node:child_process'
import { Graph } from '../lib/graph/index.ts'
import { graphOfTheirs, type Edge } from './graphology.ts'
import { random } from './random.ts'
import { table } from './table.ts'

const EDGES = 1_000_000
/** Of 2 x EDGES no two edges have an end in common. */
const SHAPES = [
  ['millrace/graph', 1_000],
  ['millrace/graph', 100_000],
  ['millrace/graph', 2 * EDGES],
  ['graphology', 1_000],
  ['graphology', 100_000],
] as const

interface Taken {
  readonly edgesPerSecond: number
  readonly keptBytes: number
  readonly grownBytes: number
}

/** Prints how fast a graph is made, what is kept of it, and by how much the process has grown after counting its triangles, too. */
export function graphMemory(): void {
  const rows = SHAPES.map(([of, vertices]) => {
    const args = ['--conditions=millrace-source', '--expose-gc', import.meta.filename, of, String(vertices), String(EDGES)]
    const taken = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Taken
    const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`
    return [
      of,
      vertices.toLocaleString('en'),
      Math.round(taken.edgesPerSecond).toLocaleString('en'),
      mb(taken.keptBytes),
      taken.grownBytes > 0 ? mb(taken.grownBytes) : '',
    ]
  })
  console.log(
    `A graph of ${EDGES.toLocaleString('en')} edges with text ids, beside its rows: kept, and what the process grows by until it is made and its triangles are counted`,
  )
  console.log(table(['', 'vertices', 'edges/s', 'kept', 'grows by'], rows))
}

function child(of: string, vertices: number, edges: number): void {
  const next = random(3)
  const apart = vertices === 2 * edges
  const rows = Array.from({ length: edges }, (_, i): Edge =>
    apart ? [`u${2 * i}`, `u${2 * i + 1}`] : [`u${Math.floor(next() * vertices)}`, `u${Math.floor(next() * vertices)}`],
  )
  const used = (): number => {
    globalThis.gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = used()
  const { rss } = process.memoryUsage()
  const cpu = process.cpuUsage()
  const made = of === 'graphology' ? graphOfTheirs(rows) : Graph.fromEdges(rows)
  const { user, system } = process.cpuUsage(cpu)
  if (made instanceof Graph) made.triangleCount()
  // maxRSS is in kilobytes.
  const grownBytes = made instanceof Graph ? process.resourceUsage().maxRSS * 1024 - rss : 0
  const taken: Taken = { edgesPerSecond: edges / ((user + system) / 1e6), keptBytes: used() - before, grownBytes }
  // Rows and graph are used once more: neither is garbage before it is measured.
  if ((made instanceof Graph ? made.numEdges : made.size) !== rows.length) throw new Error('edges were lost')
  console.log(JSON.stringify(taken))
}

const [of, vertices, edges] = process.argv[1] === import.meta.filename ? process.argv.slice(2) : []
if (of !== undefined) child(of, Number(vertices), Number(edges))
