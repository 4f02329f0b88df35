// What the program of learned.ts means, as plain folds. Nothing of the engine is imported here, so that nothing of it can be wrong here, too.
import { SLIDE, WINDOW, type Batch, type Expected, type Fold, type Rec } from './folds.ts'

const lines = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row))
const edge = ({ key, n }: Rec): readonly [string, string] => [key, `n${n % 4}`]
const good = (batch: Batch): Rec[] => batch.records.map(({ rec }) => rec)
const least = (names: Iterable<string>): string => [...names].reduce((a, b) => (a < b ? a : b))

/** Joins sets that share a vertex. */
function join(sets: readonly ReadonlySet<string>[], edges: readonly (readonly [string, string])[]): readonly ReadonlySet<string>[] {
  return edges.reduce<readonly ReadonlySet<string>[]>((all, edge) => {
    const mine = all.filter((set) => set.has(edge[0]) || set.has(edge[1]))
    return [...all.filter((set) => !mine.includes(set)), new Set([...edge, ...mine.flatMap((set) => [...set])])]
  }, sets)
}

const named = (sets: readonly ReadonlySet<string>[]): Map<string, string> => new Map(sets.flatMap((set) => [...set].map((id) => [id, least(set)] as const)))

/** A model for each key, components, heavy hitters and counts of windows. */
export const foldLearned: Fold = (batches, intervalMs) => {
  const models = new Map<string, { center: number; weight: number; at: number }>()
  let sets: readonly ReadonlySet<string>[] = []
  return batches.map((batch, k): Expected => {
    const files = new Map<string, readonly string[]>()
    const recs = good(batch)
    files.set(`ids-${batch.time}`, lines(recs.map(({ id }) => id)))
    const changed = new Set(recs.map(({ key }) => key))
    for (const key of changed) {
      const ns = recs.filter((r) => r.key === key).map(({ n }) => n)
      const before = models.get(key)
      let weight = before?.weight ?? 1
      // In each interval since, and once for this batch; the first batch of a key decays the weight it began with.
      for (let at = before?.at ?? batch.time - intervalMs; at < batch.time; at += intervalMs) weight *= 0.5
      weight += ns.length
      const part = ns.length / weight
      const center = (1 - part) * (before?.center ?? 0) + (part / ns.length) * ns.reduce((a, b) => a + b, 0)
      models.set(key, { center, weight, at: batch.time })
    }
    files.set(`models-${batch.time}`, lines([...changed].map((key) => [key, models.get(key)?.center, models.get(key)?.weight])))

    const [before, edges] = [named(sets), recs.map(edge)]
    sets = join(sets, edges)
    const names = named(sets)
    files.set(`people-${batch.time}`, lines([...new Set(edges.flat())].map((id) => [id, names.get(id)])))
    files.set(`merged-${batch.time}`, lines([...new Set(before.values())].filter((name) => names.get(name) !== name).map((name) => [name, names.get(name)])))

    if (batch.time % (SLIDE * intervalMs) === 0) {
      const within = batches
        .slice(Math.max(0, k - WINDOW), k + 1)
        .filter(({ time }) => time > batch.time - WINDOW * intervalMs)
        .flatMap(good)
      const often = Map.groupBy(within, ({ key }) => key)
      files.set(`graph-${batch.time}`, lines([...named(join([], within.map(edge)))]))
      const top = [...often].map(([value, { length: count }]) => ({ value, count, error: 0 })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      files.set(`top-${batch.time}`, lines(top.slice(0, 2)))
      files.set(`often-${batch.time}`, lines([...often].map(([key, of]) => [key, [of.length, of.filter(({ n }) => n === 3).length]])))
    }
    return { files, effect: lines(recs.map(({ id }) => id)) }
  })
}
