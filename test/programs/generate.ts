import { type Random, randomOf } from 'millrace/testing'
import { interpret } from './interpret.ts'
import { OPERATORS } from './operators.ts'
import type { Offer, Program, ProgramInput, ProgramNode, ProgramOutput, Stream } from './operator.ts'
import { pairOf, type Rows, type Type, type Value } from './values.ts'

const WORDS = ['a', 'b', 'ab', 'cat', 'dog', 'ant', 'Zoe', '', 'x', 'banana', 'a b', 'cat dog', 'b a b', 'even']
const TYPES: readonly Type[] = ['number', 'string', 'string', pairOf('string', 'number'), pairOf('number', 'number'), pairOf('string', 'string')]
/** Rows of a stream in one batch: joins of joins of windows grow beyond what a test can do. */
const MAX_ROWS = 1500

function valueOf(type: Type, random: Random): Value {
  if (type === 'number') return random.int(12) - 3
  if (typeof type === 'object' && 'pair' in type) return type.pair.map((part) => valueOf(part, random))
  return random.pick(WORDS)
}

function inputOf(type: Type, { batches, sparse }: { readonly batches: number; readonly sparse: boolean }, random: Random): ProgramInput {
  const kind = random.pick(type === 'string' ? (['json', 'text', 'queue'] as const) : (['json', 'json', 'queue'] as const))
  // Silent at first, in between, or at the end, where windows drain: an operator that sleeps must wake.
  const [from, to] = [random.chance(0.3) ? random.int(4) : 0, batches - (random.chance(0.4) ? random.int(6) : 0)]
  const busy = sparse ? random.pick([0.01, 0.03, 0.1]) : random.pick([0.9, 0.8, 0.5, 0.2])
  const all = Array.from({ length: batches }, (_, i): Rows =>
    i < from || i >= to || !random.chance(busy) ? [] : Array.from({ length: 1 + random.int(6) }, () => valueOf(type, random)),
  )
  return { kind, batches: all, bad: kind === 'json' && random.chance(0.1) ? [random.int(batches), random.int(batches)] : [] }
}

/** All ways to go on from some streams: mostly from the newest. */
function step(streams: readonly Stream[], random: Random): { readonly node: ProgramNode; readonly stream: Stream } | undefined {
  const newest = streams.length - 1
  const first = random.chance(0.75) ? newest : random.int(streams.length)
  const others = streams.flatMap((stream, i) => (stream.slide === streams[first]!.slide ? [i] : []))
  const offers = Object.entries(OPERATORS).flatMap(([op, { parents = 1, offers: offersOf }]) => {
    const of = [first, ...Array.from({ length: parents - 1 }, () => random.pick(others))]
    return offersOf(
      of.map((i) => streams[i]!),
      random,
    ).map((offer: Offer) => ({ ...offer, node: { op, of, ...offer.node } }))
  })
  let at = random.next() * offers.reduce((sum, { weight }) => sum + weight, 0)
  return offers.find(({ weight }) => (at -= weight) < 0)
}

function attempt(seed: number, random: Random): Program {
  // A few sleep for minutes: then only a tick a minute looks after them.
  const sparse = random.chance(0.04)
  const batches = sparse ? 60 + random.int(120) : 5 + random.int(9)
  const first = random.pick(TYPES)
  const types = [first, ...(random.chance(0.5) ? [random.chance(0.7) ? first : random.pick(TYPES)] : []), ...(random.chance(0.1) ? [first] : [])]
  const inputs = types.map((type) => inputOf(type, { batches, sparse }, random))
  const nodes: ProgramNode[] = types.map((_, i) => ({ op: 'input', of: [], form: String(i) }))
  const streams: Stream[] = types.map((type) => ({ type, slide: 1, unique: false }))
  for (let left = 2 + random.int(8); left > 0; left--) {
    const next = step(streams, random)
    if (next === undefined) break
    nodes.push(next.node)
    streams.push(next.stream)
  }
  const output = (node: number): ProgramOutput => ({ node, kind: random.pick(['json', 'json', 'text', 'foreach', 'foreachPartition']) })
  const outputs = [output(nodes.length - 1), ...nodes.flatMap((_, i) => (i < nodes.length - 1 && random.chance(0.25) ? [output(i)] : []))]
  return { seed, batches, inputs, nodes, outputs }
}

/** Returns the program of a seed: always the same one. */
export function generate(seed: number): Program {
  const random = randomOf(seed)
  for (;;) {
    const program = attempt(seed, random)
    // One that puts nothing out shows nothing.
    const meant = interpret(program, { maxRows: MAX_ROWS })
    if (meant !== undefined && program.outputs.some(({ node }) => meant[node]!.some((rows) => rows !== undefined && rows.length > 0))) return program
  }
}
