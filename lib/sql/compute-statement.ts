import type { BarrierNode, OperatorContext, Rows } from '../dstream/node.ts'
import { checkPartitionWise } from './check-partition-wise.ts'
import { checkStatement, type CheckedStatement, type SqlProgram } from './check-statement.ts'
import type { CheckedOptions } from './sql-options.ts'
import { fromSqlValue } from './sql-value.ts'
import { SqlStatement } from './statement.ts'
import { refusal, tokensOf } from './tokens.ts'

type See = (time: number, inputs: readonly Rows[], context: OperatorContext, rows: Rows) => void

interface Given {
  /** Of the tables that are streams, in their order. */
  readonly names: readonly string[]
  /** Of them those whose rows come again with every slide: what does not fit became a dead letter when it came. */
  readonly fresh: readonly string[]
  readonly slideMs: number
  readonly windowMs: number
  readonly windows: ReadonlySet<number>
  readonly by: string | undefined
  readonly zone: CheckedOptions['zone']
}

/** Returns how a statement is prepared and computed: what is not in receive. */
export function computeStatement(
  program: SqlProgram,
  { names, fresh, slideMs, windowMs, windows, by, zone }: Given,
): Pick<BarrierNode, 'compute' | 'prepare' | 'observe'> {
  const { text, tables, returns } = program
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
        if (!fresh.includes(name)) context.deadLetter(kind, row, error)
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
  return {
    compute,
    prepare: () => void prepare(),
    // Only where partitions could come out otherwise than a whole batch.
    ...(by === undefined ? {} : { observe: (see: See) => (seers.add(see), () => void seers.delete(see)) }),
  }
}
