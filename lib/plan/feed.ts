import type { NarrowNode, OperatorContext, Push } from '../dstream/node.ts'
import type { StateOverlay } from '../state/state-overlay.ts'
import type { StageNode } from './plan.ts'
import { assertPair, type Sink } from './sinks.ts'
import type { Wires, Wiring } from './wiring.ts'

/** What a feed needs of the stage around it. */
export interface FeedEnvironment {
  readonly wiring: Wiring
  uid(node: StageNode['node']): string
  context(node: NarrowNode): OperatorContext
  overlay(node: NarrowNode): StateOverlay | undefined
  /** The input of a barrier or output of this stage. */
  collect(edge: StageNode): Sink
  write(exchange: Wires['writes'][number]): Sink
}

/** The fused chain of narrow operators between one source of a stage and its sinks. */
export class Feed {
  readonly #push: Push
  readonly #wires: readonly Wires[]
  readonly #env: FeedEnvironment
  readonly #ends: (() => void)[] = []
  readonly #overlays: StateOverlay[] = []
  // What the current row has put out: it reaches the sinks only when the whole row went through.
  readonly #sinks: Sink[] = []
  readonly #rows: unknown[] = []
  #ending = false
  #onError: (row: unknown, error: unknown, operator: string | undefined) => void

  constructor(wires: readonly Wires[], env: FeedEnvironment, onError: (row: unknown, error: unknown, operator: string | undefined) => void) {
    this.#wires = wires
    this.#env = env
    this.#onError = onError
    this.#push = this.#open(wires, undefined)
  }

  /** Runs one row: whole, or not at all. */
  run(row: unknown): void {
    for (const overlay of this.#overlays) overlay.mark()
    try {
      this.#push(row)
    } catch (error) {
      this.#forget(0)
      for (const overlay of this.#overlays) overlay.rollback()
      this.#onError(row, error, this.#blame(row))
      return
    }
    this.#settle()
  }

  /** After the last row: what operators emit by themselves (time-outs). */
  end(): void {
    this.#ending = true
    for (const end of this.#ends) end()
    this.#settle()
    this.#ending = false
  }

  #settle(): void {
    const rows = this.#rows
    const sinks = this.#sinks
    for (let i = 0; i < rows.length; i++) sinks[i]?.add(rows[i])
    this.#forget(0)
  }

  #forget(length: number): void {
    this.#rows.length = length
    this.#sinks.length = length
  }

  #stage(sink: Sink, where: string): Push {
    const rows = this.#rows
    const sinks = this.#sinks
    if (!sink.keyed) {
      return (row) => {
        rows.push(row)
        sinks.push(sink)
      }
    }
    return (row) => {
      assertPair(row, where)
      rows.push(row)
      sinks.push(sink)
    }
  }

  #open(all: readonly Wires[], blame: ((operator: string) => void) | undefined): Push {
    const downs = all.flatMap(({ edges, writes }) => [
      ...edges.map((edge) => this.#openEdge(edge, blame)),
      ...writes.map((exchange) => this.#stage(this.#env.write(exchange), this.#env.uid(exchange.readers[0]?.node ?? exchange.from))),
    ])
    const [only, ...others] = downs
    if (only === undefined) return () => {}
    if (others.length === 0) return only
    return (row) => {
      for (let i = 0; i < downs.length; i++) downs[i]?.(row)
    }
  }

  #openEdge(edge: StageNode, blame: ((operator: string) => void) | undefined): Push {
    const { node } = edge
    if (node.shape === 'union') return this.#open([this.#env.wiring.after(node)], blame)
    if (node.shape !== 'narrow') return this.#stage(this.#env.collect(edge), this.#env.uid(node))
    const uid = this.#env.uid(node)
    const down = this.#open([this.#env.wiring.after(node)], blame)
    const opened = node.open(node.stateful === undefined ? down : this.#guard(down), this.#env.context(node))
    let push = opened.push
    if (node.stateful !== undefined) {
      const inner = push
      push = (row) => {
        assertPair(row, uid)
        inner(row)
      }
    }
    if (blame !== undefined) return tagged(push, () => blame(uid))
    if (opened.end !== undefined) this.#ends.push(opened.end)
    const overlay = this.#env.overlay(node)
    if (overlay !== undefined) this.#overlays.push(overlay)
    return push
  }

  /** What a time-out emits is a record of its own: where it fails further down, only it is lost. */
  #guard(down: Push): Push {
    return (row) => {
      if (!this.#ending) return down(row)
      const before = this.#rows.length
      try {
        down(row)
      } catch (error) {
        this.#forget(before)
        this.#onError(row, error, undefined)
      }
    }
  }

  /** Runs a row that threw once more to learn which operator it was: the way without errors carries no bookkeeping for it. */
  #blame(row: unknown): string | undefined {
    let operator: string | undefined
    const push = this.#open(this.#wires, (uid) => (operator ??= uid))
    for (const overlay of this.#overlays) overlay.mark()
    try {
      push(row)
    } catch {
      // It threw before.
    }
    for (const overlay of this.#overlays) overlay.rollback()
    this.#forget(0)
    return operator
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
