// Names in progress, besides those of tasks: what `_SUCCESS` needs to know, so that it needs no reads.
export const DIRECTORY = 'dir '
/** Of a table the files do not stand there: with partitionBy they are many, and progress is one item. Who closes the batch reads the entries. */
export const TABLE = 'table '
/** Of a stage that plots, once a batch: its rows stand in its tasks' entries. */
export const PLOT = 'plot '
export const PART = 'part '
export const DEAD = 'dead '
export const SKIPPED = 'skipped '
/** Rows that waited for an operator which the program had no longer: `removed <task> <uid> <rows>`. */
export const REMOVED = 'removed '

/** Returns the names with a prefix, without it, each once and in order. */
export function having(names: Iterable<string>, prefix: string): readonly string[] {
  return [...new Set([...names].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)))].sort()
}

/** Returns what the names of a batch's progress say of its outputs: rows of files, dead letters of tasks, operators that were left out. */
export function toldOutputs(names: Iterable<string>): { readonly rows: number; readonly deadLetters: number; readonly skipped: readonly string[] } {
  const all = [...names]
  const last = (name: string): number => Number(name.slice(name.lastIndexOf(' ') + 1))
  return {
    rows: having(all, PART).reduce((sum, name) => sum + last(name), 0),
    deadLetters: having(all, DEAD).reduce((sum, name) => sum + last(name), 0),
    skipped: having(all, SKIPPED),
  }
}

/** Returns how many rows waited for operators that were removed, by uid: those that were known before, and those of the names of a batch's progress. */
export function removedRows(before: Readonly<Record<string, number>> | undefined, names: Iterable<string>): Readonly<Record<string, number>> {
  const rows = new Map(Object.entries(before ?? {}))
  for (const name of having(names, REMOVED)) {
    const [, operator = '', n = '0'] = /^\S+ (.*) (\d+)$/.exec(name) ?? []
    rows.set(operator, (rows.get(operator) ?? 0) + Number(n))
  }
  return Object.fromEntries(rows)
}
