import type { BarrierNode, Node, OperatorContext, Rows } from '../dstream/node.ts'
import { sameSlide } from '../dstream/check-slides.ts'
import { notInReceive } from '../values/in-receive.ts'
import { checkPartitionWise } from './check-partition-wise.ts'
import { checkStatement, type CheckedStatement, type SqlProgram } from './check-statement.ts'
import { fittingNode, keyedNode } from './fitting-node.ts'
import { newRowsOf, windowMsOf } from './new-rows.ts'
import type { CheckedOptions } from './sql-options.ts'
import { fromSqlValue } from './sql-value.ts'
import { SqlStatement } from './statement.ts'
import type { SqlTable } from './table.ts'
import { refusal, tokensOf } from './tokens.ts'

type See = (time: number, inputs: readonly Rows[], context: OperatorContext, rows: Rows) => void

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
  const seers = new Set<See>()
  let checked: CheckedStatement | undefined
  const prepare = (): CheckedStatement => {
    if (checked !== undefined) return checked
    const tokens = tokensOf(text)
    const place = tokens.find(({ word }) => word === 'window_start')
    if (windows.size > 1 && place !== undefined)
      throw refusal(text, place.start, `window_start() of streams whose windows are ${[...windows].join(' and ')} ms long`, 'give them one length')
    if (by !== undefined) checkPartitionWise(text, tokens, by, tables)
    return (checked = checkStatement(program, { zone, plain: undefined as never, batchTime: () => 0, windowStart: () => 0, windowEnd: () => 0 }))
  }
  let statement: SqlStatement | undefined
  const [windowMs = slideMs] = windows
  const kind = 'sql'
  const compute = (inputs: readonly Rows[], context: OperatorContext): Rows | null => {
    if (slideMs !== context.intervalMs && context.time % slideMs !== 0) return null
    const known = prepare()
    statement ??= new SqlStatement(program, known, zone)
    const result = statement.run({
      rows: new Map(names.map((name, i) => [name, by === undefined ? (inputs[i] ?? []) : (inputs[i] ?? []).map((pair) => (pair as readonly unknown[])[1])])),
      tables: new Map(Object.entries(tables).flatMap(([name, { source }]) => (source.kind === 'static' ? [[name, context.table(source.table)] as const] : []))),
      batchTime: context.time,
      windowMs,
      // Those of a batch were let through; of a window those that an earlier program let in are left out.
      misfit: (name, row, error) => {
        if (fresh[names.indexOf(name)] === undefined) context.deadLetter(kind, row, error)
      },
    })
    const out = rowsOf(result, known.columns, (row, error) => context.deadLetter(kind, row, error))
    for (const see of seers) see(context.time, inputs, context, out)
    return out
  }
  const rowsOf = (result: readonly (readonly unknown[])[], columns: readonly string[], refuse: (row: unknown, error: unknown) => void): Rows => {
    const out: unknown[] = []
    for (const values of result) {
      try {
        const row: Record<string, unknown> = {}
        for (let c = 0; c < columns.length; c++) {
          const name = columns[c] as string
          row[name] = fromSqlValue(name, returns[name], values[c] as never)
        }
        out.push(row)
      } catch (error) {
        refuse(Object.fromEntries(columns.map((name, c) => [name, values[c]])), error)
      }
    }
    return out
  }
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid: undefined,
    parents: [...rows, ...letters],
    slideMs,
    params: { text, runs: by === undefined ? 'whole' : `by ${by}`, timeZone: options.timeZone, returns: JSON.stringify(returns) },
    distribution: by === undefined ? { kind: 'whole' } : { kind: 'key', numPartitions },
    combiner: undefined,
    stateful: undefined,
    keepsKeys: false,
    // Receive neither prepares nor computes: SQLite and the functions are not in its bundle.
    ...(import.meta.inReceive ? { compute: notInReceive } : { compute, prepare: () => void prepare() }),
    // Only where partitions could come out otherwise than a whole batch.
    ...(by === undefined ? {} : { observe: (see: See) => (seers.add(see), () => void seers.delete(see)) }),
  })
}
