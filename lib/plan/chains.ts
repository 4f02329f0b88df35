import type { NarrowNode, Node, OperatorContext, Push, Rows } from '../dstream/node.ts'
import { NOT_LOADED } from '../state/not-loaded.ts'
import type { StateOverlay } from '../state/state-overlay.ts'
import type { Exchange, StageNode } from './plan.ts'
import { assertPair, type ExchangeSink, type Sink } from './sinks.ts'
import type { Wires, Wiring } from './wiring.ts'

/** What the chains need of the stage around them. */
export interface ChainEnvironment {
  readonly wiring: Wiring
  uid(node: Node): string
  context(node: NarrowNode): OperatorContext
  overlay(node: NarrowNode): StateOverlay | undefined
  /** The input of a barrier or output of this stage. */
  collect(edge: StageNode): Sink
  write(exchange: Exchange): ExchangeSink
  /** Why an operator is not to be begun: each of its rows fails for it. */
  refused?(node: NarrowNode): Error | undefined
  /** Throws for rows that what reads this edge cannot take; undefined: it takes all. */
  check?(edge: StageNode): ((row: unknown) => void) | undefined
  /** A row that threw; `operator` is undefined when a second run did not throw. */
  failed(row: unknown, error: unknown, operator: string | undefined): void
}

interface Opened {
  readonly push: Push
  readonly end: (() => void) | undefined
}

type Blame = (operator: string) => void

/** Rows on their way to one sink. The array keeps its length: cut to 0 it would be freed, and the next record would allocate it anew. */
interface Lane {
  readonly sink: Sink
  readonly rows: unknown[]
  count: number
}

/** The fused chains of narrow operators of one stage, between its sources and its sinks. Opened once per task or invocation. */
export class Chains {
  readonly #env: ChainEnvironment
  readonly #opened = new Map<Node, Opened>()
  readonly #overlays: StateOverlay[] = []
  // What the current row has put out: it reaches the sinks only when the whole row went through.
  readonly #lanes: Lane[] = []
  readonly #direct: boolean
  #ending = false
  #emitting = false

  /** `direct`: of a stage that only writes. Rows reach their sinks at once, and what throws is thrown: whoever opened the chains begins again with others. */
  constructor(env: ChainEnvironment, direct = false) {
    this.#env = env
    this.#direct = direct
  }

  /** Returns the function that runs one row of a source: whole, or not at all. */
  open(wires: Wires): Push {
    const push = this.#open(wires, undefined)
    if (this.#direct) return push
    const overlays = this.#overlays
    return (row) => {
      for (let i = 0; i < overlays.length; i++) overlays[i]?.mark()
      try {
        push(row)
      } catch (error) {
        this.#undo()
        // The others are run all the same: so all that is missing is found at once.
        if (error === NOT_LOADED) return
        this.#env.failed(row, error, this.#blame(wires, row))
        return
      }
      this.#settle()
    }
  }

  runAll(wires: Wires, rows: Rows): void {
    if (wires.edges.length === 0 && wires.writes.length === 0) return
    const run = this.open(wires)
    for (let i = 0; i < rows.length; i++) run(rows[i])
  }

  /** After the last row of the batch: what an operator emits by itself (time-outs). Opens the operator if no row came its way. */
  end(node: NarrowNode): void {
    const { end } = this.#openNode(node, undefined)
    if (end === undefined) return
    this.#ending = true
    end()
    this.#ending = false
    this.#settle()
  }

  #settle(): void {
    const lanes = this.#lanes
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i]
      if (lane !== undefined && lane.count > 0) settle(lane)
    }
  }

  #undo(): void {
    for (const lane of this.#lanes) lane.count = 0
    for (const overlay of this.#overlays) overlay.rollback()
  }

  #stage(sink: Sink, where: string, check?: (row: unknown) => void): Push {
    const found = this.#lanes.find((other) => other.sink === sink)
    const lane = found ?? { sink, rows: [], count: 0 }
    if (found === undefined) this.#lanes.push(lane)
    const { rows } = lane
    if (check !== undefined) {
      const push = this.#stage(sink, where)
      return (row) => {
        check(row)
        push(row)
      }
    }
    if (!sink.keyed) {
      return (row) => {
        rows[lane.count++] = row
      }
    }
    return (row) => {
      assertPair(row, where)
      rows[lane.count++] = row
    }
  }

  #open({ edges, writes }: Wires, blame: Blame | undefined): Push {
    const downs = [
      ...edges.map((edge) => this.#openEdge(edge, blame)),
      ...writes.map((exchange) => {
        const sink = this.#env.write(exchange)
        const where = this.#env.uid(exchange.readers[0]?.node ?? exchange.from)
        return this.#direct ? sink.open(where) : this.#stage(sink, where)
      }),
    ]
    const [only, ...others] = downs
    if (only === undefined) return () => {}
    if (others.length === 0) return only
    return (row) => {
      for (let i = 0; i < downs.length; i++) downs[i]?.(row)
    }
  }

  #openEdge(edge: StageNode, blame: Blame | undefined): Push {
    const { node } = edge
    if (node.shape === 'union') return this.#open(this.#env.wiring.after(node), blame)
    if (node.shape !== 'narrow') return this.#stage(this.#env.collect(edge), this.#env.uid(node), this.#env.check?.(edge))
    return this.#openNode(node, blame).push
  }

  #openNode(node: NarrowNode, blame: Blame | undefined): Opened {
    const found = blame === undefined ? this.#opened.get(node) : undefined
    if (found !== undefined) return found
    const uid = this.#env.uid(node)
    const refused = this.#env.refused?.(node)
    if (refused !== undefined) return { push: blame === undefined ? failing(refused) : tagged(failing(refused), () => blame(uid)), end: undefined }
    const down = this.#open(this.#env.wiring.after(node), blame)
    const { push, end } = node.open(node.stateful === undefined ? down : this.#guard(node, down), this.#env.context(node))
    const checked: Push =
      node.stateful === undefined
        ? push
        : (row) => {
            assertPair(row, uid)
            push(row)
          }
    if (blame !== undefined) return { push: tagged(checked, () => blame(uid)), end }
    const overlay = this.#env.overlay(node)
    if (overlay !== undefined) this.#overlays.push(overlay)
    const opened = { push: checked, end }
    this.#opened.set(node, opened)
    return opened
  }

  /** What a time-out emits is a record of its own, whole or not at all: where it fails further down, only it is lost, with all that it has changed on its way. */
  #guard(node: NarrowNode, down: Push): Push {
    return (row) => {
      if (!this.#ending || this.#emitting) return down(row)
      this.#emitting = true
      const before = this.#lanes.map(({ count }) => count)
      for (const overlay of this.#overlays) overlay.mark()
      try {
        down(row)
      } catch (error) {
        this.#lanes.forEach((lane, i) => (lane.count = before[i] ?? 0))
        for (const overlay of this.#overlays) overlay.rollback()
        if (error === NOT_LOADED) return
        this.#env.failed(row, error, this.#blame(this.#env.wiring.after(node), row))
        this.#lanes.forEach((lane, i) => (lane.count = before[i] ?? 0))
      } finally {
        this.#emitting = false
      }
    }
  }

  /** Runs a row that threw once more to learn which operator it was: the way without errors carries no bookkeeping for it. */
  #blame(wires: Wires, row: unknown): string | undefined {
    let operator: string | undefined
    const push = this.#open(wires, (uid) => (operator ??= uid))
    for (const overlay of this.#overlays) overlay.mark()
    try {
      push(row)
    } catch {
      // It threw before.
    }
    this.#undo()
    return operator
  }
}

function settle(lane: Lane): void {
  lane.sink.add(lane.rows, lane.count)
  lane.count = 0
}

function failing(error: Error): Push {
  return () => {
    throw error
  }
}

function tagged(push: Push, tag: () => void): Push {
  return (row) => {
    try {
      push(row)
    } catch (error) {
      tag()
      throw error
    }
  }
}
