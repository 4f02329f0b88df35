import type { Invocation } from '../invocation.ts'
import type { LogKey } from '../ports/log.ts'

type Hashes = Readonly<Record<string, string>>

/** Reports static tables whose content is not that of the entry before: results from here on are made with another table. */
export function observeTables(run: Invocation, key: LogKey, before: Hashes, now: Hashes): void {
  for (const [table, hash] of Object.entries(now)) {
    const old = before[table]
    if (old !== undefined && old !== hash) run.observe({ event: 'table changed', table, from: old, to: hash, log: key.log, entry: key.n })
  }
}
