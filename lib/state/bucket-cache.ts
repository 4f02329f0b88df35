import type { Bucket } from './bucket.ts'

/** The buckets that a process has in memory, all tasks together, up to a size. What is over is forgotten when nobody computes: first what was not read lately. */
export class BucketCache {
  readonly #sizes = new Map<Bucket, number>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Estimated bytes of all that is in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes note of a bucket that was loaded, or whose size has changed. */
  note(bucket: Bucket): void {
    const size = bucket.memoryBytes
    this.#bytes += size - (this.#sizes.get(bucket) ?? 0)
    this.#sizes.set(bucket, size)
  }

  forget(bucket: Bucket): void {
    this.#bytes -= this.#sizes.get(bucket) ?? 0
    this.#sizes.delete(bucket)
    bucket.release()
  }

  /** Between a computation and the next: no task holds on to a bucket then. What was read since the last time gets a second chance. */
  trim(): void {
    for (const [bucket, size] of this.#sizes) {
      if (this.#bytes <= this.#maxBytes) return
      if (!bucket.used) {
        this.forget(bucket)
        continue
      }
      bucket.used = false
      this.#sizes.delete(bucket)
      this.#sizes.set(bucket, size)
    }
  }
}
