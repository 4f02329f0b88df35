import type { Progress, ProgressItem, ProgressUpdate, ProgressValue } from './progress.ts'

interface Stored extends ProgressItem {
  readonly expiresAtMs: number | null
}

/** Progress in memory: what tests and simulations run on. */
export class MemoryProgress implements Progress {
  readonly #items = new Map<number, Stored>()

  get(batch: number): Promise<ProgressItem | null> {
    const item = this.#items.get(batch)
    return Promise.resolve(item === undefined ? null : copy(item))
  }

  add(batch: number, { names, attributes, atMs, ifAtMs, expiresAtMs }: ProgressUpdate): Promise<ProgressItem | null> {
    const item = this.#items.get(batch)
    if (ifAtMs !== undefined && ifAtMs !== (item?.atMs ?? 0)) return Promise.resolve(null)
    const next: Stored = {
      names: new Set([...(item?.names ?? []), ...names]),
      attributes: new Map<string, ProgressValue>([...(item?.attributes ?? []), ...Object.entries(attributes)]),
      atMs,
      expiresAtMs,
    }
    this.#items.set(batch, next)
    return Promise.resolve(copy(next))
  }

  /** Deletes items whose time to live is over at `nowMs`, as DynamoDB does some time after: each that `choose` says yes to (by default all). Returns how many went. */
  expire(nowMs: number, choose: (batch: number) => boolean = () => true): number {
    let gone = 0
    for (const [batch, { expiresAtMs }] of this.#items) {
      if (expiresAtMs === null || expiresAtMs > nowMs || !choose(batch)) continue
      this.#items.delete(batch)
      gone++
    }
    return gone
  }

  /** Returns what is there, batches ascending: for oracles and for looking at. */
  *items(): Iterable<readonly [batch: number, ProgressItem]> {
    for (const [batch, item] of [...this.#items].sort(([a], [b]) => a - b)) yield [batch, copy(item)]
  }
}

function copy({ names, attributes, atMs }: ProgressItem): ProgressItem {
  return { names: new Set(names), attributes: new Map(attributes), atMs }
}
