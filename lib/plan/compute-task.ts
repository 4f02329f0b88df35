// This file is long because a task is one object with one state, from the rows that it reads to what it puts out.
import { describeValue } from '../values/describe-value.ts'
import { OperatorError, MillraceError } from '../values/errors.ts'
import type { BarrierNode, NarrowNode, Node, OperatorContext, OutputNode, Rows } from '../dstream/node.ts'
import { Rdd } from '../rdd/rdd.ts'
import { formatOutput } from '../output/format-output.ts'
import { countKeys, encodeChanges, type OperatorChanges } from '../state/changes.ts'
import { NOT_LOADED } from '../state/not-loaded.ts'
import type { PartitionState } from '../state/partition-state.ts'
import { StateOverlay } from '../state/state-overlay.ts'
import { combineRows } from './combine.ts'
import type { BlockDraft, DeadLetter, LoadedTables, OutputDraft, TaskDraft, TaskRequest } from './compute.ts'
import { operatorError, rowLetter } from './draft-letters.ts'
import { Chains, type ChainEnvironment } from './chains.ts'
import { plotBytes } from './plot-bytes.ts'
import { encodeBlock, readerUid } from './open-receive.ts'
import { inputKey } from './exchange-name.ts'
import type { Exchange, Plan, Stage, StageNode } from './plan.ts'
import { CollectSink, ExchangeSink } from './sinks.ts'
import { checkStorable } from './storable.ts'
import { UsedTables } from './used-tables.ts'
import { wiringOf } from './wiring.ts'

/**
 * Computes one partition of one stage of one batch. Pure: the state is read, never changed. Throws OperatorError when a reduce or transform throws, and NotLoaded when the state has to be
 * loaded first: what it needs stands in `state.missing` then. No user function sees a state that is not there yet, but one may be called again when all is computed anew.
 */
export function computeTask(plan: Plan, request: TaskRequest, state: PartitionState, tables: LoadedTables): TaskDraft {
  const stage = plan.stages.find((s) => s.uid === request.stage)
  if (stage === undefined)
    throw new MillraceError('BAD_PROGRAM', `stage '${request.stage}' is not in this program; it has ${plan.stages.map((s) => s.uid).join(', ')}`)
  state.missing.clear()
  const draft = new TaskRun(plan, stage, request, state, tables, false).run()
  // Something in the state cannot be stored: once more with care, which finds it where it leaves the user's function.
  return draft ?? (new TaskRun(plan, stage, request, state, tables, true).run() as TaskDraft)
}

class TaskRun {
  readonly #plan: Plan
  readonly #stage: Stage
  readonly #request: TaskRequest
  readonly #state: PartitionState
  readonly #tables: UsedTables
  /** Values are looked at when they are kept, not only when all of them are encoded. */
  readonly #careful: boolean
  readonly #env: ChainEnvironment
  readonly #chains: Chains
  readonly #collected = new Map<Node, CollectSink[]>()
  readonly #written = new Map<string, ExchangeSink>()
  readonly #overlays = new Map<string, StateOverlay>()
  /** Rows of detours, for their operators. */
  readonly #combined = new Map<Node, Rows>()
  readonly #letters: DeadLetter[] = []
  readonly #skipped = new Set<string>()

  constructor(plan: Plan, stage: Stage, request: TaskRequest, state: PartitionState, tables: LoadedTables, careful: boolean) {
    this.#plan = plan
    this.#stage = stage
    this.#request = request
    this.#state = state
    this.#tables = new UsedTables(tables)
    this.#careful = careful
    this.#env = {
      wiring: wiringOf(plan),
      uid: (node) => this.#uid(node),
      context: (node) => this.#context(node),
      overlay: (node) => (node.stateful === undefined ? undefined : this.#overlay(node)),
      collect: (edge) => this.#sink(edge),
      write: (exchange) => this.#write(exchange),
      check: (edge) => this.#checkOf(edge.node),
      refused: (node) => request.refused?.get(this.#uid(node)),
      failed: (row, error, operator) => this.#letter(operator ?? stage.uid, row, error),
    }
    this.#chains = new Chains(this.#env)
  }

  /** undefined: a value in the state cannot be stored; a careful run says which. */
  run(): TaskDraft | undefined {
    const { nodes, reads } = this.#stage
    let rowsIn = 0
    for (const { to, combined, rows } of this.#request.detours ?? []) {
      rowsIn += rows.length
      if (combined) this.#combined.set(to.node, [...(this.#combined.get(to.node) ?? []), ...rows])
      else this.#chains.runAll({ edges: [to], writes: [] }, rows)
    }
    for (const exchange of reads) {
      rowsIn += this.#readOthers(exchange)
      const rows = this.#request.input.get(exchange.uid) ?? []
      rowsIn += rows.length
      this.#readExchange(exchange, rows)
    }
    for (const node of nodes) {
      this.#assertLoaded()
      if (node.shape === 'barrier') this.#runBarrier(node)
      else if (node.shape === 'narrow' && node.stateful !== undefined) this.#chains.end(node)
    }
    this.#assertLoaded()
    const outputs = nodes.flatMap((node) => (node.shape === 'output' && this.#isDue(node.slideMs) ? this.#output(node) : []))
    const blocks = [...this.#written.values()].flatMap((sink) => this.#blocks(sink))
    const changes = this.#changes()
    const encoded = this.#encode(changes)
    if (encoded === undefined) return undefined
    const passedOver = nodes.some((node) => node.shape === 'barrier' && node.stateful?.passesOver?.(this.#request.time) === true)
    const idle = !passedOver && rowsIn === 0 && changes.length === 0 && blocks.length === 0 && outputs.every((output) => output.rows === 0)
    return {
      changes: encoded,
      changedKeys: countKeys(changes),
      blocks,
      outputs,
      nextDue: this.#nextDue(idle),
      deadLetters: this.#letters,
      skipped: [...this.#skipped].sort(),
      tables: this.#tables.hashes(),
    }
  }

  /** Rows that met a state that is not loaded were left out: nothing is made of the others before they are there. */
  #assertLoaded(): void {
    if (this.#state.missing.size > 0) throw NOT_LOADED
  }

  #uid(node: Node): string {
    return this.#plan.uids.get(node) ?? node.kind
  }

  #isDue(slideMs: number): boolean {
    // What runs in every batch also runs in one that a program with another interval has allocated.
    return slideMs === this.#plan.intervalMs || this.#request.time % slideMs === 0
  }

  #sinksOf(node: Node): readonly CollectSink[] {
    const distribution = node.shape === 'barrier' || node.shape === 'output' ? node.distribution.kind : 'none'
    let sinks = this.#collected.get(node)
    if (sinks === undefined)
      this.#collected.set(
        node,
        (sinks = node.parents.map(
          (_, input) => new CollectSink(distribution === 'key' || (input === 0 && node.shape === 'barrier' && node.combiner !== undefined)),
        )),
      )
    return sinks
  }

  #sink(edge: StageNode): CollectSink {
    const sink = this.#sinksOf(edge.node)[edge.input]
    if (sink === undefined) throw new Error(`${edge.node.kind} has no input ${edge.input}`)
    return sink
  }

  /** What keeps its rows as they are, as a window does, is given none that it could not keep: then the row is the bad one, not the batch. */
  #checkOf(node: Node): ((row: unknown) => void) | undefined {
    if (!this.#careful || node.shape !== 'barrier' || node.stateful === undefined || node.combiner !== undefined) return undefined
    const uid = this.#uid(node)
    return (row) => checkStorable(row, `a row that operator '${uid}' keeps`)
  }

  #write(exchange: Exchange): ExchangeSink {
    const sink = this.#written.get(exchange.uid) ?? new ExchangeSink(exchange, this.#request.partition)
    this.#written.set(exchange.uid, sink)
    return sink
  }

  /** Rows of an exchange: combined ones go to their reader as they are, others through the chains that hang on it. */
  #readExchange(exchange: Exchange, rows: Rows): void {
    const reader = exchange.readers[0]
    if (exchange.combiner !== undefined && reader?.node.shape === 'barrier') {
      const sink = this.#sink(reader)
      const plain = this.#request.input.get(inputKey(exchange, 'plain')) ?? []
      const all = plain.length === 0 ? rows : [...this.#combine(reader.node, plain, false), ...rows]
      const combined = this.#combine(reader.node, all, true)
      sink.add(combined, combined.length)
      return
    }
    this.#chains.runAll(this.#env.wiring.after(exchange), rows)
  }

  /** What another program wrote: for one of the readers only, or uncombined. It is the earlier part of the input. */
  #readOthers(exchange: Exchange): number {
    const { input } = this.#request
    let rowsIn = input.get(inputKey(exchange, 'plain'))?.length ?? 0
    exchange.readers.forEach((edge, i) => {
      const rows = input.get(inputKey(exchange, i))
      if (rows === undefined) return
      rowsIn += rows.length
      this.#chains.runAll({ edges: [edge], writes: [] }, rows)
    })
    return rowsIn
  }

  #combine(node: BarrierNode, rows: Rows, combined: boolean): Rows {
    const uid = this.#uid(node)
    if (node.combiner === undefined) return rows
    return combineRows(rows, node.combiner, combined, ({ key, error }, lost) => {
      if (!this.#request.skip.has(uid)) throw operatorError(uid, error, `threw while it combined the values of key ${JSON.stringify(String(key))}`)
      this.#skipped.add(uid)
      // What could not be combined on its way here are values side by side: each is a row of its own, as everywhere.
      const pairs = (lost as readonly (readonly unknown[])[]).flatMap((row) =>
        row.length < 3 ? [row] : (row[2] as readonly unknown[]).map((value) => [row[0], value]),
      )
      for (const pair of pairs) this.#letters.push(rowLetter(uid, this.#request.time, pair, error))
    })
  }

  #runBarrier(node: BarrierNode): void {
    const parentSlide = Math.min(...node.parents.map((parent) => parent.slideMs))
    if (!this.#isDue(parentSlide)) return
    const uid = this.#uid(node)
    const inputs = this.#sinksOf(node).map((sink) => sink.rows as Rows)
    const mapSide = this.#stage.reads.some((x) => x.combiner !== undefined && x.readers[0]?.node === node)
    if (node.combiner !== undefined && !mapSide) inputs[0] = this.#combine(node, inputs[0] ?? [], false)
    const earlier = this.#combined.get(node)
    if (earlier !== undefined) inputs[0] = this.#combine(node, [...earlier, ...(inputs[0] ?? [])], true)
    const overlay = node.stateful === undefined ? undefined : this.#overlay(node)
    let rows: Rows | null
    try {
      const refused = this.#request.refused?.get(uid)
      if (refused !== undefined) throw refused
      rows = node.compute(inputs, this.#context(node))
    } catch (error) {
      if (error === NOT_LOADED) throw error
      if (!this.#request.skip.has(uid)) throw operatorError(uid, error, `threw in batch ${this.#request.time}`)
      this.#skipped.add(uid)
      overlay?.reset()
      for (const row of inputs.flat()) this.#letters.push(rowLetter(uid, this.#request.time, row, error))
      return
    }
    if (rows !== null) this.#chains.runAll(this.#env.wiring.after(node), rows)
  }

  #output(node: OutputNode): readonly OutputDraft[] {
    const uid = this.#uid(node)
    const rows = this.#sinksOf(node)[0]?.rows ?? []
    const { time, partition, skip } = this.#request
    try {
      const refuse = (row: unknown, error: unknown): void => this.#letter(uid, row, error)
      return formatOutput(node.output, rows, { time, partition, plotBytes: plotBytes(this.#plan), refuse }).map((formatted) => ({
        operator: uid,
        ...formatted,
      }))
    } catch (error) {
      if (error instanceof OperatorError) throw error
      if (!skip.has(uid)) throw operatorError(uid, error, `cannot write its rows of batch ${time}`)
      this.#skipped.add(uid)
      for (const row of rows) this.#letters.push(rowLetter(uid, time, row, error))
      return []
    }
  }

  #blocks(sink: ExchangeSink): readonly BlockDraft[] {
    return sink.drain().flatMap(([partition, rows]) => {
      const block = encodeBlock(rows, (row, error) => this.#letter(readerUid(this.#plan, sink.exchange), row, error))
      return block.rows > 0 ? [{ time: this.#request.time, exchange: sink.exchange.uid, partition, ...block }] : []
    })
  }

  #changes(): readonly OperatorChanges[] {
    return [...this.#overlays]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([operator, overlay]) => ({ operator, groups: overlay.changes() }))
      .filter(({ groups }) => groups.length > 0)
  }

  #encode(changes: readonly OperatorChanges[]): Uint8Array | undefined {
    try {
      return encodeChanges(changes)
    } catch (error) {
      if (!this.#careful) return undefined
      // It was in order when it was put: the function has changed it since.
      throw operatorError(changes.find(cannotBeStored)?.operator ?? this.#stage.uid, error, 'has changed a state after update() to what cannot be stored')
    }
  }

  #nextDue(idle: boolean): number | null {
    const due = this.#stage.nodes.flatMap((node) => {
      const next =
        node.shape === 'barrier' ? node.nextDue?.(this.#context(node), { idle }) : node.shape === 'narrow' ? node.nextDue?.(this.#context(node)) : null
      return next === null || next === undefined ? [] : [next]
    })
    return due.length > 0 ? Math.min(...due) : null
  }

  #overlay(node: NarrowNode | BarrierNode): StateOverlay {
    const uid = this.#uid(node)
    const overlay =
      this.#overlays.get(uid) ??
      new StateOverlay(
        this.#state.table(uid),
        node.stateful?.rank,
        this.#careful ? (key, value) => checkStorable(value, `the state of key ${describeValue(key)} in operator '${uid}'`) : undefined,
      )
    this.#overlays.set(uid, overlay)
    return overlay
  }

  #context(node: NarrowNode | BarrierNode): OperatorContext {
    const uid = this.#uid(node)
    const owner = node.shape === 'barrier' && node.stateOf !== undefined ? node.stateOf : node
    const overlay = owner.stateful === undefined ? undefined : this.#overlay(owner)
    return {
      time: this.#request.time,
      partition: this.#request.partition,
      numPartitions: this.#stage.partitions,
      intervalMs: this.#plan.intervalMs,
      maxTaskBytes: this.#request.maxTaskBytes,
      get state(): StateOverlay {
        if (overlay === undefined) throw new Error(`operator '${uid}' keeps no state`)
        return overlay
      },
      Rdd,
      table: (table) => this.#tables.get(table.name),
      deadLetter: (_operator, row, error) => this.#letter(uid, row, error),
    }
  }

  #letter(operator: string, row: unknown, error: unknown): void {
    if (this.#plan.onError === 'fail' && this.#request.skip.has(operator)) this.#skipped.add(operator)
    else if (this.#plan.onError === 'fail')
      throw error instanceof OperatorError
        ? error
        : operatorError(operator, error, `failed on a row in batch ${this.#request.time}, and the job says onError: 'fail'`)
    this.#letters.push(rowLetter(operator, this.#request.time, row, error))
  }
}

function cannotBeStored(change: OperatorChanges): boolean {
  try {
    encodeChanges([change])
    return false
  } catch {
    return true
  }
}
