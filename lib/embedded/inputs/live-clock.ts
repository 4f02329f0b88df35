import { setTimeout as sleep } from 'node:timers/promises'

/** Stream time as the wall goes on, for lines that arrive when they arrive. */
export class LiveClock {
  readonly #options: { readonly startMs: number; readonly intervalMs: number; readonly speed: number; readonly now: () => number }
  #wallMs = 0
  #streamMs = 0

  /** `startMs`: stream time is this at the beginning, `speed` seconds of it pass in a second. */
  constructor(options: { readonly startMs: number; readonly intervalMs: number; readonly speed: number; readonly now: () => number }) {
    this.#options = options
  }

  /** Begins to go, from `lastMs` if that is later. */
  begin(lastMs: number): void {
    this.#wallMs = this.#options.now()
    this.#streamMs = Math.max(this.#options.startMs, lastMs)
  }

  get nowMs(): number {
    return Math.floor(this.#streamMs + (this.#options.now() - this.#wallMs) * this.#options.speed)
  }

  /** The first end of a batch after a time. */
  nextEnd(afterMs: number): number {
    const { intervalMs } = this.#options
    return (Math.floor(afterMs / intervalMs) + 1) * intervalMs
  }

  /** Waits until stream time is `streamMs`, or until `stop`. */
  async until(streamMs: number, stop: AbortSignal): Promise<void> {
    const waitMs = (streamMs - this.#streamMs) / this.#options.speed - (this.#options.now() - this.#wallMs)
    await sleep(Math.max(0, Math.ceil(waitMs)), undefined, { signal: stop }).catch(() => undefined)
  }
}
