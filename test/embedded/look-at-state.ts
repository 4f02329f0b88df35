import { DatabaseSync } from 'node:sqlite'

/** What a state file says after its process was killed: the newest batch and whether the run has finished. */
export function lookAtState(file: string): { readonly newestBatch: number | null; readonly finished: boolean } {
  const db = new DatabaseSync(file)
  try {
    const newest = db.prepare("SELECT MAX(n) AS n FROM log WHERE name = 'batch'").get()?.['n']
    return { newestBatch: typeof newest === 'number' ? newest : null, finished: db.prepare("SELECT 1 FROM run WHERE name = 'finished'").get() !== undefined }
  } finally {
    db.close()
  }
}
