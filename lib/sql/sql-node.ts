import type { BarrierNode, Node } from '../dstream/node.ts'
import { sameSlide } from '../dstream/check-slides.ts'
import { notInReceive } from '../values/in-receive.ts'
import type { SqlProgram } from './check-statement.ts'
import { computeStatement } from './compute-statement.ts'
import { fittingNode, keyedNode } from './fitting-node.ts'
import { newRowsOf, windowMsOf } from './new-rows.ts'
import type { CheckedOptions } from './sql-options.ts'
import type { SqlTable } from './table.ts'

/**
 * Returns a node whose rows are a statement's, over the batches of its tables. `streams`: of the tables that are streams, in their order.
 * Its parents are these, and behind them, where rows come again with every slide of a window, what makes those that do not fit dead letters once.
 */
export function sqlNode(streams: readonly Node[], tables: Readonly<Record<string, SqlTable>>, text: string, options: CheckedOptions): BarrierNode {
  const slideMs = sameSlide(streams, 'sql')
  const { partitionBy: by, numPartitions, returns, functions, zone } = options
  const program: SqlProgram = { text, tables, returns, functions }
  const names = Object.keys(tables).filter((name) => tables[name]?.source.kind === 'stream')
  const columnsOf = (name: string): SqlTable['columns'] => tables[name]?.columns ?? {}
  const fresh = streams.map(newRowsOf)
  const rows = streams.map((node, i) => {
    const name = names[i] as string
    if (fresh[i] === undefined) return fittingNode(node, name, columnsOf(name), { rows: 'all', by })
    return by === undefined ? node : keyedNode(node, by)
  })
  const letters = fresh.flatMap((sources, i) =>
    (sources ?? []).map((source) => fittingNode(source, names[i] as string, columnsOf(names[i] as string), { rows: 'none', by })),
  )
  const windows = new Set(streams.map(windowMsOf))
  const [windowMs = slideMs] = windows
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind: 'sql',
    uid: undefined,
    parents: [...rows, ...letters],
    slideMs,
    params: { text, runs: by === undefined ? 'whole' : `by ${by}`, timeZone: options.timeZone, returns: JSON.stringify(returns) },
    distribution: by === undefined ? { kind: 'whole' } : { kind: 'key', numPartitions },
    combiner: undefined,
    stateful: undefined,
    keepsKeys: false,
    // Receive neither prepares nor computes: SQLite and the functions are not in its bundle.
    ...(import.meta.inReceive
      ? { compute: notInReceive }
      : computeStatement(program, { names, fresh: names.filter((_name, i) => fresh[i] !== undefined), slideMs, windowMs, windows, by, zone })),
  })
}
