import { encodeValue } from '../codec/rows.ts'
import type { BarrierNode, OperatorContext, Rows } from '../dstream/node.ts'
import type { Plan } from '../plan/plan.ts'
import { MillraceError } from '../values/errors.ts'

interface Seen {
  readonly inputs: readonly Rows[]
  readonly rows: Rows
  readonly context: OperatorContext
}

/** Looks on at what is computed partition by partition though it is said of a whole batch (sql with partitionBy). Returns what computes it whole, too, and throws where that gives something else. */
export function watchPartitions(plan: Plan): { readonly check: () => void; readonly stop: () => void } {
  const watched = plan.stages
    .flatMap(({ nodes }) => nodes)
    .filter((node): node is BarrierNode => node.shape === 'barrier' && node.observe !== undefined)
    .map((node) => {
      const batches = new Map<number, Map<number, Seen>>()
      const stop = node.observe?.((time, inputs, context, rows) => {
        const batch = batches.get(time) ?? new Map<number, Seen>()
        batch.set(context.partition, { inputs, rows, context })
        batches.set(time, batch)
      })
      return { node, batches, stop }
    })
  const stop = (): void => {
    for (const one of watched) one.stop?.()
  }
  return {
    stop,
    check: () => {
      stop()
      for (const { node, batches } of watched) for (const [time, parts] of batches) compare(node, time, [...parts.values()], plan.uids.get(node) ?? node.kind)
    },
  }
}

function compare(node: BarrierNode, time: number, parts: readonly Seen[], uid: string): void {
  const [first] = parts
  if (first === undefined) return
  const inputs = node.parents.map((_, i) => parts.flatMap((part) => part.inputs[i] ?? []))
  // Not copied: it has no state, and says so when it is asked.
  const context = Object.create(first.context, { partition: { value: 0 }, numPartitions: { value: 1 }, deadLetter: { value: () => {} } }) as OperatorContext
  const whole = textsOf(node.compute(inputs, context) ?? [])
  const apart = textsOf(parts.flatMap(({ rows }) => rows))
  const missing = whole.find((row, i) => row !== apart[i])
  if (missing === undefined && whole.length === apart.length) return
  throw new MillraceError(
    'BAD_PROGRAM',
    `operator '${uid}' (${String(node.params['runs'])}) gave ${apart.length} rows in batch ${time}, partition by partition, and over the whole batch it gives ${whole.length}; the first that differs is ${missing ?? apart[whole.length] ?? ''}: its rows must not depend on those of other keys; leave partitionBy out`,
  )
}

/** Of each row a text, equal for equal rows, in order. */
function textsOf(rows: Rows): readonly string[] {
  return rows
    .map(
      (row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) + Buffer.from(encodeValue(row)).toString('base64'),
    )
    .sort()
}
