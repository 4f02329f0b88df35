export type ProgressValue = string | number | null

/** What is known of one batch: the only item that is ever updated. */
export interface ProgressItem {
  /** Finished tasks `<stage uid>/<r>`, `finish`, `skip/<operator uid>`, and the parts that tasks wrote. */
  readonly names: ReadonlySet<string>
  readonly attributes: ReadonlyMap<string, ProgressValue>
  /** When it was updated last, epoch ms, by the clock of who did it. */
  readonly atMs: number
}

export interface ProgressUpdate {
  readonly names: readonly string[]
  readonly attributes: Readonly<Record<string, ProgressValue>>
  readonly atMs: number
  /** The update happens only if the item's `atMs` is still this (0: there is no item). */
  readonly ifAtMs?: number
  readonly expiresAtMs: number | null
}

export interface Progress {
  /** Strongly consistent. */
  get(batch: number): Promise<ProgressItem | null>
  /** Adds the names, sets the attributes and the time, and returns all of the item; null when `ifAtMs` did not hold. */
  add(batch: number, update: ProgressUpdate): Promise<ProgressItem | null>
}
