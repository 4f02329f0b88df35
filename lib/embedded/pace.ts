import { setTimeout as timer } from 'node:timers/promises'

/** Timers are late by about this much, ms: shorter waits are not worth one. */
const TIMER_MS = 2

/** How stream time follows the wall's: `speed` seconds of it pass in a second, or as many as the machine can do. */
export class Pace {
  readonly #speed: number
  readonly #now: () => number
  readonly #sleep: (ms: number) => Promise<unknown>
  #wallMs: number
  #streamMs: number | undefined

  constructor(speed: number, now: () => number, sleep: (ms: number) => Promise<unknown> = timer) {
    this.#speed = speed
    this.#now = now
    this.#sleep = sleep
    this.#wallMs = now()
  }

  /** Waits until stream time may be `streamMs`. */
  async until(streamMs: number): Promise<void> {
    if (this.#speed === Infinity) return
    if (this.#streamMs === undefined) {
      this.#streamMs = streamMs
      this.#wallMs = this.#now()
    }
    const waitMs = this.#wallMs + (streamMs - this.#streamMs) / this.#speed - this.#now()
    if (waitMs > TIMER_MS) await this.#sleep(waitMs)
  }

  /** How long ago, on the wall, stream time should have been `streamMs`; undefined: it does not follow the wall. */
  since(streamMs: number): number | undefined {
    if (this.#speed === Infinity || this.#streamMs === undefined) return undefined
    return this.#now() - (this.#wallMs + (streamMs - this.#streamMs) / this.#speed)
  }
}
