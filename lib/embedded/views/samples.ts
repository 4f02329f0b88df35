import type { Percentiles } from './run-status.ts'

const KEPT = 1000

/** The newest 1,000 samples, and what half and 99 % of them do not exceed. */
export class Samples {
  readonly #ring: number[] = []
  #at = 0

  add(sample: number): void {
    this.#ring[this.#at] = sample
    this.#at = (this.#at + 1) % KEPT
  }

  get percentiles(): Percentiles {
    const sorted = [...this.#ring].sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { p50: at(0.5), p99: at(0.99) }
  }
}
