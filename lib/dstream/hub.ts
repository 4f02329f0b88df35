import { MillraceError } from '../values/errors.ts'
import { DStream } from './dstream.ts'
import type { GraphBuilder } from './graph-builder.ts'
import { flatMapNode } from './flat-map.ts'
import type { BarrierNode, Distribution, Node, OperatorContext, Rows } from './node.ts'
import { foreachRddNode } from './outputs.ts'

/** What a hub is, besides its streams. */
export interface HubSpec {
  readonly kind: string
  readonly uid: string | undefined
  readonly distribution: Distribution
  /** What must not change while its state exists. */
  readonly keeps: Readonly<Record<string, string | number>>
  /** `inputs`: the rows of each input, in the order in which they were added. `emit` puts a row into an output. `slideMs`: of the streams. */
  compute(inputs: readonly Rows[], context: OperatorContext, emit: (output: number, row: unknown) => void, slideMs: number): void
  /** Called as BarrierNode.nextDue; left out: it lets the job rest. */
  readonly nextDue?: BarrierNode['nextDue']
}

/**
 * A node with state that several streams flow into, and several leave: what a model is that is trained on some and predicts on others. Streams are added one by one while the program is built,
 * and all are computed together, once per batch; so what one sees of another follows from the order in which they were added, and from nothing else.
 */
export class Hub {
  readonly #spec: HubSpec
  readonly #parents: Node[] = []
  readonly #operators: string[] = []
  #graph: GraphBuilder | undefined
  #node: BarrierNode | undefined

  constructor(spec: HubSpec) {
    this.#spec = spec
  }

  /** Adds a stream; returns which input it is. `operator` names what the user called. */
  input(stream: DStream<unknown>, operator: string): number {
    const { graph, node } = DStream.partsOf(stream, operator)
    this.#graph ??= this.#start(graph)
    if (this.#graph !== graph)
      throw new MillraceError('BAD_PROGRAM', `${operator}: Some of the DStreams have different contexts; what shares a state must come from the ssc of one job`)
    graph.assertOpen(operator)
    const [first] = this.#parents
    if (first !== undefined && first.slideMs !== node.slideMs)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${operator}: its stream slides every ${node.slideMs} ms, and the first one of this ${this.#spec.kind} every ${first.slideMs} ms; all must slide together: give the faster ones a window with that slide`,
      )
    if (this.#node !== undefined && reaches(node, this.#node))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${operator}: its stream is made of what this ${this.#spec.kind} puts out; a batch cannot go round in a circle: take another one for the second step`,
      )
    this.#operators.push(operator)
    return this.#parents.push(node) - 1
  }

  /** Returns a DStream of the rows that are emitted to this output. */
  output<U>(output: number, operator: string): DStream<U> {
    const [graph, node] = [this.#graph, this.#made()]
    if (graph === undefined || node === undefined)
      throw new MillraceError('BAD_PROGRAM', `${operator}: no stream flows into this ${this.#spec.kind} yet; give it one first (trainOn, for example)`)
    return new DStream<U>(
      graph,
      flatMapNode(node, ([to, row]: readonly [number, unknown]) => (to === output ? [row] : []), operator),
    )
  }

  /** A state that nothing leaves from is kept all the same. */
  #start(graph: GraphBuilder): GraphBuilder {
    graph.beforeSeal(() => {
      const node = this.#made()
      if (node === undefined || graph.outputs.some((output) => reaches(output, node))) return
      const nothing = flatMapNode(node, () => [], 'nothing')
      graph.addOutput(foreachRddNode(nothing, () => {}, { perPartition: true, ...(node.uid === undefined ? {} : { uid: `${node.uid}.kept`.slice(0, 64) }) }))
    })
    return graph
  }

  #made(): BarrierNode | undefined {
    const [first] = this.#parents
    if (first === undefined) return undefined
    const { kind, uid, distribution, keeps, compute, nextDue } = this.#spec
    const operators = this.#operators
    this.#node ??= Object.freeze<BarrierNode>({
      shape: 'barrier',
      kind,
      uid,
      // Grows until the program is built.
      parents: this.#parents,
      slideMs: first.slideMs,
      get params(): BarrierNode['params'] {
        return { streams: operators.join(' ') }
      },
      distribution,
      combiner: undefined,
      stateful: { keeps },
      keepsKeys: false,
      compute: (inputs, context) => {
        if (context.time % first.slideMs !== 0) return null
        const rows: (readonly [number, unknown])[] = []
        compute(inputs, context, (output, row) => rows.push([output, row]), first.slideMs)
        return rows
      },
      ...(nextDue === undefined ? {} : { nextDue }),
    })
    return this.#node
  }
}

/** Whether a node is made of another, or is it. */
function reaches(from: Node, to: Node): boolean {
  const seen = new Set<Node>()
  const stack = [from]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node === to) return true
    if (seen.has(node)) continue
    seen.add(node)
    stack.push(...node.parents)
  }
  return false
}
