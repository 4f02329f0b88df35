import type { BatchFigures, TaskFigures } from '../runtime/entries/figures.ts'

/** Reads what each batch did. */
export interface BatchReader {
  /** Number of the newest batch; -1: there is none. */
  newest(): Promise<number>
  /** Returns the figures of the batches `from` to `to`, ascending, as far as there are any. */
  range(from: number, to: number): Promise<readonly BatchFigures[]>
  /** Returns what is known of the tasks of a batch. */
  tasks(batch: number): Promise<readonly TaskFigures[]>
}

/** What one view reads at most: batches, and bytes of what is known of them. */
export const MAX_BATCHES = 1_000
export const MAX_VIEW_BYTES = 4_000_000
/** Batches are read in pieces, the newest first, until there are enough. */
const PIECE = 100

export interface BatchPage {
  readonly newest: number
  readonly batches: readonly BatchFigures[]
  /** Number of the oldest batch that was asked for and is left out; null: all are there. */
  readonly leftOut: number | null
}

/** Returns the figures of up to `last` batches up to `to`, ascending; fewer where they are too many or too large for one view. */
export async function readBatches(reader: BatchReader, { to, last }: { readonly to?: number | undefined; readonly last: number }): Promise<BatchPage> {
  const newest = await reader.newest()
  const end = Math.min(newest, to ?? newest)
  const begin = Math.max(0, end - last + 1)
  const first = Math.max(begin, end - MAX_BATCHES + 1)
  const pieces: (readonly BatchFigures[])[] = []
  let bytes = 0
  let from = end + 1
  while (from > first) {
    const piece = await reader.range(Math.max(first, from - PIECE), from - 1)
    from = Math.max(first, from - PIECE)
    bytes += JSON.stringify(piece).length
    if (bytes > MAX_VIEW_BYTES && pieces.length > 0) {
      from += PIECE
      break
    }
    pieces.unshift(piece)
  }
  return { newest, batches: pieces.flat(), leftOut: from > begin ? begin : null }
}
