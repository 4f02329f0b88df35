import type { Plan } from '../plan/plan.ts'
import type { Position } from '../runtime/entries/entry.ts'
import type { Failure } from '../runtime/task/failure.ts'
import type { Runtime } from '../runtime/create-runtime.ts'
import type { RuntimeEvent } from '../runtime/runtime.ts'
import { leftOver, type LeftOver } from '../runtime/batch/left-over.ts'
import type { Ports } from '../runtime/runtime.ts'
import { lastBatchTime, nextSlideOfAll } from './batch-grid.ts'
import type { Deliveries, Delivery } from './inputs/deliveries.ts'
import { MAX_ATTEMPTS } from './embedded-options.ts'
import type { DueMessage, MessageList } from './stores/message-list.ts'
import type { Pace } from './pace.ts'
import type { VirtualClock } from './stores/virtual-clock.ts'

export interface ReplayOptions {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly ports: Pick<Ports, 'log' | 'progress'>
  readonly clock: VirtualClock
  readonly messages: MessageList
  readonly deliveries: Deliveries
  readonly pace: Pace
  /** When stream time begins. */
  readonly startMs: number
  readonly drainMs: number
  /** What receiver logs hold already: the last position by `stream/shard`. */
  readonly committed: ReadonlyMap<string, Position>
  /** Records were delivered (or had been, by an earlier process). */
  readonly onDelivered: (records: number, how: { readonly again: boolean; readonly stream: string }) => void
  /** What the logs hold has been passed over; now it begins. */
  readonly onBegin: () => void
  /** One delivery or message begins, or is done. */
  readonly onWork: () => void
  readonly onStep: () => void
  /** A batch failed for good. */
  readonly failed: (event: { readonly batch: number; readonly timeMs: number; readonly failure: Failure }) => Error
  /** The run would end with something left. */
  readonly unfinished: (left: readonly string[]) => Error
}

/** Stream time that goes by without a batch, with something left, before a run is given up: a block that came late rests for 10 s, and looked for is once a minute. */
const STUCK_MS = 180_000

/** Nothing in this process has a time limit. */
const FOR_EVER = { remainingMs: (): number => Number.MAX_SAFE_INTEGER }

/**
 * Runs a job in stream time: hands over what arrives and what falls due, one after the other, the earliest first. At one time tasks come first, then
 * deliveries, then ticks: so a tick at a batch's time finds exactly the records that arrived before, whatever was killed in between, and none is run past the
 * arrival of a record that has not been delivered.
 */
export class Replay {
  readonly #options: ReplayOptions
  #failure: { readonly batch: number; readonly timeMs: number; readonly failure: Failure } | undefined
  #attempts = 0
  /** The last batch time of the run, as far as is known; undefined: while there is input to come, or without any. */
  #endMs: number | undefined

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  /** Hears what the runtime says. */
  observe(event: RuntimeEvent): void {
    if (event.event === 'failed') {
      const { batch, time, task, operator, message, attempts } = event as unknown as Failure & { readonly batch: number; readonly time: number }
      this.#failure = { batch, timeMs: time, failure: { task, operator, message, attempts } }
    } else if (event.event === 'batch') this.#attempts = 0
  }

  async run(): Promise<void> {
    const { clock, messages } = this.#options
    const first = await this.#nextDelivery()
    this.#options.onBegin()
    // Whatever a killed process left behind is older than what it had not delivered.
    clock.advanceTo(first === undefined ? (this.#endMs ?? 0) : first.dueMs - 1)
    await messages.send({ kind: 'tick' }, 0)
    for (let more = true; more;) more = await this.#step()
    // Bounded batches take what has arrived little by little: until they have, the run goes on.
    for (let stuckMs = 0, batches = -1; this.#endMs !== undefined;) {
      const left = await this.#runTo(this.#endMs)
      // A process that was killed may have gone on already.
      const nextMs = nextSlideOfAll(this.#options.plan, Math.max(this.#endMs, left.timeMs - 1))
      if (left.texts.length === 0 && left.timeMs <= this.#endMs) return
      stuckMs = left.batches === batches ? stuckMs + nextMs - this.#endMs : 0
      if (stuckMs > STUCK_MS) throw this.#options.unfinished(left.texts)
      batches = left.batches
      this.#endMs = nextMs
    }
  }

  /** Ticks are only speed, and one for a far time is never sent: what is due by now is found by looking. */
  async #runTo(endMs: number): Promise<LeftOver> {
    const { clock, messages, ports } = this.#options
    clock.advanceTo(endMs)
    await messages.send({ kind: 'tick' }, 0)
    while (await this.#step());
    return leftOver(ports)
  }

  /** Does what is next; false: nothing is. */
  async #step(): Promise<boolean> {
    const { messages } = this.#options
    let message = messages.peek()
    const resting = message !== undefined && this.#options.deliveries.restsUntil(message.dueMs)
    if (message?.message.kind !== 'task' && !resting) {
      const delivery = await this.#nextDelivery()
      if (delivery !== undefined && (message === undefined || delivery.dueMs <= message.dueMs)) {
        await this.#deliver(delivery)
        return true
      }
      // While it waited for a line nothing was sent: the message is still the first.
      message = messages.peek()
    }
    if (message === undefined || message.dueMs > (this.#endMs ?? Infinity)) return false
    await this.#handle(message)
    return true
  }

  /** Returns the first delivery that no log holds yet. */
  async #nextDelivery(): Promise<Delivery | undefined> {
    const { deliveries, committed, onDelivered, plan, drainMs } = this.#options
    for (;;) {
      const delivery = await deliveries.peek()
      if (delivery === undefined) {
        const { lastArrivalMs } = deliveries
        if (lastArrivalMs !== undefined) this.#endMs ??= lastBatchTime(plan, { lastArrivalMs, drainMs })
        else if (drainMs > 0) this.#endMs ??= nextSlideOfAll(plan, this.#options.startMs - 1 + drainMs)
        return undefined
      }
      const head = committed.get(`${delivery.stream}/${delivery.shard}`)
      const last = delivery.records.at(-1)
      if (head === undefined || last === undefined || delivery.source.comparePositions(last, head) > 0) return delivery
      deliveries.take()
      onDelivered(delivery.records.length, { again: true, stream: delivery.stream })
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { clock, pace, deliveries, runtime, onDelivered, onStep } = this.#options
    await pace.until(delivery.dueMs)
    clock.advanceTo(delivery.dueMs)
    const { source, stream, shard } = delivery
    for (let { records } = delivery; records.length > 0;) {
      // `full` would say that more is waiting: here nothing ever is, what has arrived is handed over.
      const { consumed } = await runtime.receive({ source, stream, shard, records, full: false }, FOR_EVER)
      records = records.slice(consumed)
    }
    deliveries.take()
    onDelivered(delivery.records.length, { again: false, stream })
    onStep()
  }

  async #handle(due: DueMessage): Promise<void> {
    const { clock, pace, messages, runtime, onWork, onStep } = this.#options
    messages.take(due)
    await pace.until(due.dueMs)
    clock.advanceTo(due.dueMs)
    onWork()
    await runtime.message(due.message, FOR_EVER)
    onStep()
    if (this.#failure !== undefined && messages.peek()?.message.kind !== 'task') await this.#retry(this.#failure)
  }

  /** All tasks of the batch have been tried. */
  async #retry(failed: { readonly batch: number; readonly timeMs: number; readonly failure: Failure }): Promise<void> {
    this.#attempts++
    this.#failure = undefined
    if (this.#attempts >= MAX_ATTEMPTS) throw this.#options.failed(failed)
    await this.#options.messages.send({ kind: 'tick' }, 0)
  }
}
