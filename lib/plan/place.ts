import { MillraceError } from '../values/errors.ts'
import type { Distribution, Node } from '../dstream/node.ts'

/** Where a node runs. Level 0 is receive; stage n + 1 reads what stage n and before it wrote. */
export interface Place {
  readonly level: number
  readonly partitions: number
  /** All pairs of a key are in one partition (always so with one partition). */
  readonly keyed: boolean
}

/** How rows are spread over the partitions of their next stage. key: pairs by their key; where the reader takes other rows too (union, window), those anywhere. source: what one task or shard wrote stays together. */
export type Spread = 'key' | 'whole' | 'source' | 'spread'

/** An edge of the graph whose rows change their partition. */
export interface Move {
  readonly from: Node
  readonly to: Node
  /** Which parent of `to`. */
  readonly input: number
  readonly spread: Spread
  /** Of `key`: whatever is no pair fails at `to`, so it may fail where it is sent. A union, or a filter behind a window, takes it. */
  readonly pairsOnly: boolean
}

export interface Placement {
  readonly places: ReadonlyMap<Node, Place>
  readonly moves: readonly Move[]
}

const RECEIVE: Place = { level: 0, partitions: 0, keyed: false }

/** Cuts the graph at shuffles: gives every node its stage and finds the edges that cross. `nodes`: parents before children. */
export function place(nodes: readonly Node[], defaultPartitions: number, own: OwnPartitions = ownPartitions): Placement {
  const places = new Map<Node, Place>()
  const moves: Move[] = []
  const wishes = keyWishes(nodes, defaultPartitions, own)
  const placeOf = (node: Node): Place => {
    const found = places.get(node)
    if (found === undefined) throw new MillraceError('BAD_PROGRAM', `the parent ${node.kind} is not part of this graph`)
    return found
  }

  for (const node of nodes) {
    const parents = node.parents.map(placeOf)
    const first = parents[0] ?? RECEIVE
    const wanted: Distribution = node.shape === 'input' || node.shape === 'union' ? { kind: 'none' } : withOwn(node, node.distribution ?? { kind: 'none' }, own)
    if (node.shape === 'input' || (node.shape === 'narrow' && wanted.kind === 'none')) {
      places.set(node, { ...first, keyed: first.keyed && (first.partitions === 1 || (node.shape === 'narrow' && node.keepsKeys)) })
    } else if (node.shape === 'union' && parents.every((p) => p.level === 0)) {
      places.set(node, RECEIVE)
    } else if (node.shape === 'barrier' && node.stateOf !== undefined) {
      // It reads that node's state, so it is where that node is, whoever reads it.
      const { level, partitions } = placeOf(node.stateOf)
      places.set(node, { level, partitions, keyed: partitions === 1 })
    } else {
      const target = gather(node, parents, wanted, wishes.get(node)?.partitions, defaultPartitions)
      parents.forEach((parent, input) => {
        const from = node.parents[input]
        if (from !== undefined && !stays(parent, target.place, target.spread))
          moves.push({ from, to: node, input, spread: target.spread, pairsOnly: wanted.kind === 'key' || wishes.get(node)?.pairsOnly === true })
      })
      const keepsKeys = node.shape === 'union' || ((node.shape === 'barrier' || node.shape === 'narrow') && node.keepsKeys)
      places.set(node, { ...target.place, keyed: target.place.partitions === 1 || (target.place.keyed && keepsKeys) })
    }
  }
  return { places, moves }
}

/** How many partitions an operator has of its own; undefined: as many as the job says. */
export type OwnPartitions = (node: Node) => number | undefined

/** As the program says it. */
export function ownPartitions(node: Node): number | undefined {
  if (node.shape === 'input' || node.shape === 'union') return undefined
  const { distribution } = node
  return distribution?.kind === 'key' || distribution?.kind === 'spread' ? distribution.numPartitions : undefined
}

function withOwn(node: Node, distribution: Distribution, own: OwnPartitions): Distribution {
  if (distribution.kind === 'key') return { kind: 'key', numPartitions: own(node) }
  if (distribution.kind === 'spread') return { kind: 'spread', numPartitions: own(node) ?? distribution.numPartitions }
  return distribution
}

function gather(
  node: Node,
  parents: readonly Place[],
  wanted: Distribution,
  wish: number | undefined,
  defaultPartitions: number,
): { readonly place: Place; readonly spread: Spread } {
  const highest = parents.reduce((a, b) => (b.level > a.level || (b.level === a.level && b.partitions > a.partitions) ? b : a), RECEIVE)
  const spread: Spread =
    wanted.kind === 'none' ? (wish !== undefined || (node.shape === 'union' && parents.every((p) => p.keyed)) ? 'key' : 'source') : wanted.kind
  const partitions =
    wanted.kind === 'whole'
      ? 1
      : wanted.kind === 'spread'
        ? wanted.numPartitions
        : wanted.kind === 'key'
          ? (wanted.numPartitions ?? defaultPartitions)
          : highest.level > 0
            ? highest.partitions
            : (wish ?? defaultPartitions)
  const keyed = partitions === 1 || spread === 'key'
  // A parent that is where it must be need not move; all others go one level up, so the node stands where the last of them arrives.
  const level = Math.max(1, ...parents.map((p) => (stays(p, { level: p.level, partitions, keyed }, spread) ? p.level : p.level + 1)))
  return { place: { level, partitions, keyed }, spread }
}

function stays(parent: Place, target: Place, spread: Spread): boolean {
  if (parent.level === 0 || parent.level !== target.level || parent.partitions !== target.partitions) return false
  if (spread === 'spread') return false
  return target.partitions === 1 || spread === 'source' || (spread === 'key' && parent.keyed)
}

/** How a node's readers want its rows. */
interface Wish {
  readonly partitions: number
  readonly pairsOnly: boolean
}

/** A window over pairs that everybody reads by key is better kept by key: then its rows cross once, not once per slide. */
function keyWishes(nodes: readonly Node[], defaultPartitions: number, own: OwnPartitions): ReadonlyMap<Node, Wish> {
  const children = new Map<Node, Node[]>()
  for (const node of nodes) for (const parent of node.parents) children.set(parent, [...(children.get(parent) ?? []), node])
  const demands = (node: Node): readonly (Wish | undefined)[] =>
    (children.get(node) ?? [undefined]).flatMap((child) => {
      if (child === undefined) return [undefined]
      if (child.shape === 'narrow' && child.keepsKeys && child.distribution === undefined)
        return demands(child).map((wish) => wish && { ...wish, pairsOnly: wish.pairsOnly && child.kind === 'mapValues' })
      if ((child.shape === 'narrow' || child.shape === 'barrier') && child.distribution?.kind === 'key')
        return [{ partitions: own(child) ?? defaultPartitions, pairsOnly: true }]
      return [undefined]
    })
  const wishes = new Map<Node, Wish>()
  for (const node of nodes) {
    if (node.shape !== 'barrier' || node.distribution.kind !== 'none' || !node.keepsKeys || node.stateOf !== undefined) continue
    const all = demands(node)
    const wanted = new Set(all.map((wish) => wish?.partitions))
    const [only] = wanted
    if (wanted.size === 1 && only !== undefined) wishes.set(node, { partitions: only, pairsOnly: all.every((wish) => wish?.pairsOnly) })
  }
  return wishes
}
