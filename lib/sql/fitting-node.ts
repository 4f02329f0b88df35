import { fieldOf, type Columns } from '../values/columns.ts'
import { MillraceError } from '../values/errors.ts'
import type { NarrowNode, Node } from '../dstream/node.ts'
import { toSqlValue } from './sql-value.ts'

/**
 * Returns a node that throws for rows that do not fit a table's columns, so that they go to the dead letters. What fits goes on: as it is, as a pair with the column by which it is shuffled,
 * or not at all ('none': the rows themselves come another way).
 */
export function fittingNode(
  parent: Node,
  table: string,
  columns: Columns,
  out: { readonly rows: 'all' | 'none'; readonly by: string | undefined },
): NarrowNode {
  const entries = Object.entries(columns)
  const { rows, by } = out
  return Object.freeze<NarrowNode>({
    shape: 'narrow',
    kind: 'table',
    uid: undefined,
    parents: [parent],
    slideMs: parent.slideMs,
    params: { table, columns: JSON.stringify(columns), rows },
    keepsKeys: false,
    stateful: undefined,
    open: (down) => ({
      push: (row) => {
        assertFits(table, entries, row)
        if (rows === 'none') return
        down(by === undefined ? row : [fieldOf(row, by) ?? null, row])
      },
    }),
  })
}

/** Returns a node of pairs of a column's value and the row, for rows that were found to fit when they came. */
export function keyedNode(parent: Node, by: string): NarrowNode {
  return Object.freeze<NarrowNode>({
    shape: 'narrow',
    kind: 'table',
    uid: undefined,
    parents: [parent],
    slideMs: parent.slideMs,
    params: { by },
    keepsKeys: false,
    stateful: undefined,
    open: (down) => ({ push: (row) => down([fieldOf(row, by) ?? null, row]) }),
  })
}

/** Throws, naming table, column and value, for a row that does not fit. */
export function assertFits(table: string, columns: readonly (readonly [string, Columns[string]])[], row: unknown): void {
  try {
    for (const [name, type] of columns) toSqlValue(name, type, fieldOf(row, name))
  } catch (cause) {
    throw new MillraceError('BAD_VALUE', `a row does not fit the table '${table}': ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
