const MAX_COLUMN = 32

/** Returns JSON lines as a table: a column per field of objects, or per element of arrays. Lines that are neither stay as they are. */
export function formatTable(lines: readonly string[]): readonly string[] {
  const rows = lines.map(parse)
  const first = rows[0]
  if (typeof first !== 'object' || first === null) return lines.map((line) => `   ${line}`)
  const names = Object.keys(first)
  const cells = rows.map((row) => names.map((name) => cellOf((row as Readonly<Record<string, unknown>> | null)?.[name])))
  const head = Array.isArray(first) ? [] : [names.map((name) => ({ text: name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase(), right: false }))]
  const widths = names.map((_, i) => Math.max(...[...head, ...cells].map((row) => row[i]?.text.length ?? 0)))
  const right = names.map((_, i) => cells.some((row) => row[i]?.right === true))
  return [...head, ...cells].map((row) =>
    `   ${row.map(({ text }, i) => (right[i] === true ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))).join('   ')}`.trimEnd(),
  )
}

interface Cell {
  readonly text: string
  readonly right: boolean
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return { text: formatNumber(value), right: true }
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return { text: text.length > MAX_COLUMN ? `${text.slice(0, MAX_COLUMN - 1)}…` : text, right: false }
}

function formatNumber(value: number): string {
  const [whole = '', fraction] = String(Number.isInteger(value) ? value : value.toFixed(1)).split('.')
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, ' ')
  return fraction === undefined ? spaced : `${spaced}.${fraction}`
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}
