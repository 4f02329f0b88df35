/** Returns rows of cells as lines: columns as wide as their widest cell, three spaces apart. `right`: columns of numbers. */
export function alignColumns(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): readonly string[] {
  const widths = rows.reduce<readonly number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), [])
  return rows.map((row) =>
    row
      .map((cell, i) => (right.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('   ')
      .trimEnd(),
  )
}
