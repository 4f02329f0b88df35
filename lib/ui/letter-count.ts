import type { Ports } from '../runtime/runtime.ts'
import { EntryReader } from '../tools/entry-reader.ts'
import { findDeadLetters } from '../tools/find-dead-letters.ts'

/** How many dead letters a job has, of receive and of tasks: remembered for a while, for it takes a listing and a read of each entry that names some. */
export class LetterCount {
  #known: { readonly atMs: number; readonly count: number } | undefined

  async of(ports: Pick<Ports, 'log' | 'objects'>, job: string, { nowMs, maxAgeMs }: { readonly nowMs: number; readonly maxAgeMs: number }): Promise<number> {
    if (this.#known === undefined || nowMs - this.#known.atMs > maxAgeMs) {
      const found = await findDeadLetters(new EntryReader(ports.log), ports.objects, job)
      this.#known = { atMs: nowMs, count: found.reduce((sum, { count }) => sum + count, 0) }
    }
    return this.#known.count
  }
}
