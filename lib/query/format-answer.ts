import type { Answer } from './query-database.ts'

type Cell = Answer['rows'][number][number]

/** Returns an answer as an aligned table, cut to a terminal's width, numbers right. */
export function formatTable({ columns, rows }: Answer, width: number): readonly string[] {
  const cells = [columns, ...rows.map((row) => row.map(shown))]
  const right = columns.map((_, c) => rows.length > 0 && rows.every((row) => row[c] === null || typeof row[c] === 'number' || typeof row[c] === 'bigint'))
  const widths = columns.map((_, c) => Math.max(...cells.map((row) => [...(row[c] ?? '')].length)))
  return cells.map((row) => {
    const line = row.map((cell, c) => (right[c] === true ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0))).join('   ')
    const text = line.trimEnd()
    return [...text].length > width ? `${[...text].slice(0, Math.max(1, width - 1)).join('')}…` : text
  })
}

/** Returns an answer as lines for a pipe, fields apart by tabs. */
export function formatLines({ columns, rows }: Answer): readonly string[] {
  return [columns, ...rows.map((row) => row.map(shown))].map((row) => row.map((cell) => cell.replaceAll(/[\t\n\r]/g, ' ')).join('\t'))
}

/** Returns an answer as CSV (RFC 4180). */
export function formatCsv({ columns, rows }: Answer): readonly string[] {
  const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return [columns, ...rows.map((row) => row.map((cell) => (cell === null ? '' : shown(cell))))].map((row) => row.map(field).join(','))
}

/** Returns an answer as JSON, a line per row. An integer that a number cannot hold is a text. */
export function formatJson({ columns, rows }: Answer): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, c) => [name, jsonOf(row[c] ?? null)]))))
}

function jsonOf(cell: Cell): unknown {
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell)
  return cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : cell
}

function shown(cell: Cell): string {
  if (cell === null) return 'NULL'
  return cell instanceof Uint8Array ? `x'${Buffer.from(cell).toString('hex')}'` : String(cell)
}
