/** Requests under way at once: the SDK has 50 sockets, and a job may have thousands of shards. */
const AT_ONCE = 32

/** Returns what `work` makes of each item, in their order, a few at a time. */
export async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += AT_ONCE) results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  return results
}
