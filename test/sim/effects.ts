/** `newest`: the target is a sink that remembers the newest time of each scope, and takes nothing that is not newer. */
export type Effect = (id: string, rows: readonly unknown[], newest?: { readonly scope: string; readonly timeMs: number }) => void

/** What programs have done outside. `isOut`: whether the target is out of order now, before it has done anything or after. */
export function makeEffect(calls: Map<string, (readonly string[])[]>, isOut: (after: boolean) => boolean): Effect {
  const newestOf = new Map<string, number>()
  return (id, rows, newest) => {
    if (isOut(false)) throw new Error('the database is out of order (simulated)')
    if (newest !== undefined) {
      if ((newestOf.get(newest.scope) ?? -1) >= newest.timeMs) return
      newestOf.set(newest.scope, newest.timeMs)
    }
    const own = calls.get(id) ?? []
    calls.set(id, own)
    own.push(rows.map((row) => JSON.stringify(row)))
    if (newest !== undefined && isOut(true)) throw new Error('the answer of the database was lost (simulated)')
  }
}
