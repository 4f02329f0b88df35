import { buildGraph } from '../program/dstream-graph.ts'
import type { Combiner, InputNode, Node, OutputNode } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import { notInReceive } from '../values/in-receive.ts'
import type { Job } from '../program/job.ts'
import { exchangeUid, lastingNames, readerNames, stageName } from './exchange-name.ts'
import { digest, nameNodes } from './name-nodes.ts'
import { ownPartitions, place, type Move, type Place } from './place.ts'
import { ownIn, readShape, shapeOf, type Shape } from './shape.ts'
import type { Exchange, Plan, Stage, StageNode } from './plan.ts'

/** The progress item of a batch names every task: more would not fit in it. */
const MAX_TASKS = 250
const MAX_PARTITIONS = 64

export interface PlanOverrides {
  /** Instead of the job's numPartitions; operators with their own keep it. */
  readonly numPartitions?: number
  /** It will only receive: what stands behind a shuffle is not prepared. */
  readonly receiveOnly?: boolean
  /** Instead of those of the job and of its operators. */
  readonly shape?: Shape
}

/** Returns the plan of a job: stages cut at shuffles, stable uids, a fingerprint. Programs that cannot work throw here. */
export function planJob(job: Job, overrides: PlanOverrides = {}): Plan {
  const graph = buildGraph(job)
  const intervalMs = job.batchInterval.milliseconds
  const numPartitions = overrides.shape?.numPartitions ?? overrides.numPartitions ?? graph.options.numPartitions ?? 1
  checkPartitions('job', numPartitions)
  if (!import.meta.inReceive && graph.outputs.length === 0)
    throw new MillraceError(
      'BAD_PROGRAM',
      `job '${job.name}': no output operations registered, so nothing to execute; end a stream with print, saveAsTextFiles, saveAsJsonFiles or foreachRDD`,
    )
  const nodes = topological(graph.outputs)
  const uids = nameNodes(nodes)
  const lasting = lastingNames(nodes)
  const uidOf = (node: Node): string => uids.get(node) ?? node.kind
  const nameOf = (node: Node): readonly [uid: string, lasting: string] => [uidOf(node), lasting.get(node) ?? node.kind]
  const { shape: wanted } = overrides
  const own = import.meta.inReceive || wanted === undefined ? ownPartitions : (node: Node): number | undefined => ownIn(wanted, nameOf(node))
  const { places, moves } = place(nodes, numPartitions, own)
  const placeOf = (node: Node): Place => places.get(node) ?? { level: 0, partitions: 0, keyed: false }
  const stageUid = (p: Place): string => stageName(p.level, p.partitions)

  const exchanges = mergeMoves(moves, nameOf, placeOf, stageUid, nodes)
  const stages = nodes
    .filter((node) => placeOf(node).level > 0)
    .map(placeOf)
    .filter((p, i, all) => all.findIndex((q) => q.level === p.level && q.partitions === p.partitions) === i)
    .sort((a, b) => a.level - b.level || b.partitions - a.partitions)
    .map((p): Stage => {
      const uid = stageUid(p)
      checkPartitions(uid, p.partitions)
      const own = nodes.filter((node) => placeOf(node).level > 0 && stageUid(placeOf(node)) === uid)
      return {
        uid,
        partitions: p.partitions,
        nodes: own,
        reads: exchanges.filter((x) => x.to === uid),
        outputs: own.filter((node): node is OutputNode => node.shape === 'output'),
      }
    })
  const tasks = stages.reduce((sum, stage) => sum + stage.partitions, 0)
  if (!import.meta.inReceive && tasks > MAX_TASKS)
    throw new MillraceError(
      'BAD_PROGRAM',
      `job '${job.name}': its stages have ${tasks} partitions in all (${stages.map((s) => `${s.uid}: ${s.partitions}`).join(', ')}); at most ${MAX_TASKS} fit in one batch: lower numPartitions`,
    )

  if (overrides.receiveOnly !== true) for (const node of nodes) if (node.shape === 'barrier') node.prepare?.()

  const keeps: Record<string, string> = {}
  const ranks = new Map<string, (value: unknown) => number>()
  for (const node of nodes) {
    if ((node.shape !== 'narrow' && node.shape !== 'barrier') || node.stateful === undefined) continue
    keeps[uidOf(node)] = JSON.stringify({ kind: node.kind, stage: stageUid(placeOf(node)), numPartitions: placeOf(node).partitions, ...node.stateful.keeps })
    if (node.stateful.rank !== undefined) ranks.set(uidOf(node), node.stateful.rank)
  }
  return {
    name: job.name,
    intervalMs,
    onError: graph.options.onError ?? 'dead-letter',
    maxRecords: Math.max(1, Math.floor(((graph.options.maxRatePerPartition ?? Infinity) * intervalMs) / 1000)),
    inputs: nodes.filter((node): node is InputNode => node.shape === 'input'),
    stages,
    exchanges,
    tables: graph.tables,
    listeners: graph.listeners,
    dashboard: graph.dashboard,
    keyed: new Set(import.meta.inReceive ? [] : nodes.filter((node) => placeOf(node).keyed)),
    ranks,
    uids,
    keeps,
    timed: import.meta.inReceive ? [] : nodes.filter(({ kind }) => kind === 'mapWithState').map(uidOf),
    lasting,
    shape: import.meta.inReceive ? '' : shapeOf({ numPartitions, nodes, stages, nameOf, own }),
    reshape: import.meta.inReceive ? notInReceive : (text) => planJob(job, { ...overrides, shape: readShape(text) }),
    fingerprint: digest(
      JSON.stringify([
        job.name,
        intervalMs,
        numPartitions,
        nodes.map((node) => [uidOf(node), node.kind, node.slideMs, node.params, node.parents.map(uidOf), placeOf(node)]),
      ]),
    ),
  }
}

function checkPartitions(where: string, n: number): void {
  if (!import.meta.inReceive && (!Number.isInteger(n) || n < 1 || n > MAX_PARTITIONS))
    throw new MillraceError('BAD_PROGRAM', `${where}: numPartitions is ${n}; it must be a whole number from 1 to ${MAX_PARTITIONS}`)
}

/** Nodes that lead to an output, parents before children, in the order in which the program's outputs reach them. */
function topological(outputs: readonly OutputNode[]): readonly Node[] {
  const order = new Set<Node>()
  const visit = (node: Node): void => {
    if (order.has(node)) return
    for (const parent of node.parents) visit(parent)
    order.add(node)
  }
  for (const output of outputs) visit(output)
  return [...order]
}

/** Several readers of the same rows in the same place share one exchange; combined rows are their reader's own. */
function mergeMoves(
  moves: readonly Move[],
  nameOf: (node: Node) => readonly [uid: string, lasting: string],
  placeOf: (node: Node) => Place,
  stageUid: (p: Place) => string,
  nodes: readonly Node[],
): readonly Exchange[] {
  const merged = new Map<
    string,
    { readonly move: Move; readonly stem: string; readonly combiner: Combiner | undefined; readonly readers: StageNode[]; pairsOnly: boolean }
  >()
  for (const move of moves) {
    const target = placeOf(move.to)
    const combiner =
      move.to.shape === 'barrier' && move.input === 0 && move.spread === 'key' && move.to.combiner?.mapSide === true ? move.to.combiner : undefined
    const stem = `${nameOf(move.from)[0]}>${combiner === undefined ? '' : `${nameOf(move.to)[0]}>`}${move.spread}`
    const id = `${stem}${target.partitions}@${target.level}`
    const found = merged.get(id) ?? { move, stem, combiner, readers: [], pairsOnly: true }
    found.pairsOnly &&= move.pairsOnly
    found.readers.push({ node: move.to, input: move.input })
    merged.set(id, found)
  }
  return [...merged.values()]
    .map(({ move, stem, combiner, readers, pairsOnly }): Exchange => {
      const source = placeOf(move.from)
      const { partitions, level } = placeOf(move.to)
      return {
        uid: exchangeUid({ readers: readerNames(readers, nameOf), combined: combiner !== undefined, spread: move.spread, partitions, level }),
        stem,
        from: move.from,
        readers,
        spread: move.spread,
        pairsOnly,
        combiner,
        to: stageUid(placeOf(move.to)),
        partitions,
        fromStreams: source.level === 0 ? [...new Set(inputsOf(move.from).map((input) => input.stream))] : [],
        fromStages: source.level === 0 ? [] : [stageUid(source)],
      }
    })
    .sort((a, b) => order(a, nodes) - order(b, nodes))
}

function order(exchange: Exchange, nodes: readonly Node[]): number {
  const first = exchange.readers[0]
  return first === undefined ? 0 : nodes.indexOf(first.node) * 16 + first.input
}

function inputsOf(node: Node): readonly InputNode[] {
  return node.shape === 'input' ? [node] : node.parents.flatMap(inputsOf)
}
