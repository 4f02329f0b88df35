import type { Clock } from '../../runtime/ports/clock.ts'

/** Stream time: it goes on when the replay says so, and never back. */
export class VirtualClock implements Clock {
  #nowMs: number

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  advanceTo(timeMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, timeMs)
  }
}
