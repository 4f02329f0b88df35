import { setTimeout as timer } from 'node:timers/promises'
import { refuseStopped } from './stopped.ts'

/** Timers are late by about this much, ms: shorter waits are not worth one. */
const TIMER_MS = 2

/** How stream time follows the wall's: `speed` seconds of it pass in a second, or as many as the machine can do. */
export class Pace {
  readonly #speed: number
  readonly #now: () => number
  readonly #sleep: (ms: number) => Promise<unknown>
  readonly #signal: AbortSignal | undefined
  #wallMs: number
  #streamMs: number | undefined

  /** `signal`: no step begins once it is aborted. */
  constructor(
    speed: number,
    now: () => number,
    { signal, sleep }: { readonly signal?: AbortSignal | undefined; readonly sleep?: (ms: number) => Promise<unknown> } = {},
  ) {
    this.#speed = speed
    this.#now = now
    this.#signal = signal
    this.#sleep = sleep ?? ((ms) => timer(ms, undefined, { signal }).catch(() => undefined))
    this.#wallMs = now()
  }

  /** Waits until stream time may be `streamMs`. */
  async until(streamMs: number): Promise<void> {
    refuseStopped(this.#signal)
    if (this.#speed === Infinity) return
    if (this.#streamMs === undefined) {
      this.#streamMs = streamMs
      this.#wallMs = this.#now()
    }
    const waitMs = this.#wallMs + (streamMs - this.#streamMs) / this.#speed - this.#now()
    if (waitMs > TIMER_MS) await this.#sleep(waitMs)
    refuseStopped(this.#signal)
  }

  /** How long ago, on the wall, stream time should have been `streamMs`; undefined: it does not follow the wall. */
  since(streamMs: number): number | undefined {
    if (this.#speed === Infinity || this.#streamMs === undefined) return undefined
    return this.#now() - (this.#wallMs + (streamMs - this.#streamMs) / this.#speed)
  }
}
