import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../runtime/ports/clock.ts'

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** Time that passes from event to event. Between two events everything that can go on without time passing does so. */
export class VirtualTime implements Clock {
  #now: number
  #order = 0
  readonly #heap: Event[] = []

  constructor(startMs: number) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): void {
    this.#push({ at: this.#now + Math.max(0, Math.round(ms)), order: this.#order++, run })
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** Runs every event up to this time, and is then at it. */
  async runTo(timeMs: number): Promise<void> {
    await setImmediate()
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > timeMs) break
      this.#pop()
      this.#now = next.at
      next.run()
      // Promises of this event settle before the next event: setImmediate comes after all microtasks.
      await setImmediate()
    }
    this.#now = Math.max(this.#now, timeMs)
  }

  #before(a: Event | undefined, b: Event | undefined): boolean {
    if (a === undefined || b === undefined) return false
    return a.at < b.at || (a.at === b.at && a.order < b.order)
  }

  #push(event: Event): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !this.#before(event, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (this.#before(heap[child + 1], heap[child])) child++
      const below = heap[child]
      if (below === undefined || !this.#before(below, last)) break
      heap[i] = below
      i = child
    }
    heap[i] = last
  }
}
