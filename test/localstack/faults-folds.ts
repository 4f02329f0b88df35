// What the jobs of the fault tests put out and keep, computed plainly from what each batch consists of. Imports only types.
import type { ComposedBatch } from './compose.ts'
import type { Expected } from './folds.ts'

interface Change {
  readonly account: string
  readonly amount: number
}

interface Order {
  readonly id: string
  readonly cents: number
}

interface Payment {
  readonly order: string
  readonly paid: number
}

function parse<T>({ data }: ComposedBatch['records'][number]): T {
  return JSON.parse(Buffer.from(data).toString()) as T
}

/** jobs/accounts.ts. `prefix`: the job's output prefix. */
export function foldAccounts(batches: readonly ComposedBatch[], prefix = ''): readonly Expected[] {
  const totals = new Map<string, number>()
  return batches.map(({ n, time, records }) => {
    const last = new Map<string, number>()
    for (const { account, amount } of records.map(parse<Change>)) {
      totals.set(account, (totals.get(account) ?? 0) + amount)
      last.set(account, amount)
    }
    const lines = [...last].map(([account, amount]) => JSON.stringify({ account, total: totals.get(account), last: amount }))
    return { n, time, lines: { [`${prefix}totals`]: lines }, state: { totals: byJson(totals) } }
  })
}

/** jobs/matches.ts */
export function foldMatches(batches: readonly ComposedBatch[]): readonly Expected[] {
  const seen = new Map<string, readonly string[]>()
  return batches.map(({ n, time, records }, k) => {
    const lines = records.map((record) => {
      const [id, what] = record.stream === 'orders' ? [parse<Order>(record).id, 'order'] : [parse<Payment>(record).order, 'payment']
      seen.set(id, [...(seen.get(id) ?? []), what].sort())
      return JSON.stringify({ id })
    })
    const paid = paidIn(batches.slice(0, k + 1).filter((batch) => batch.time > time - 4_000))
    return { n, time, lines: { paid, seen: lines }, state: { seen: byJson(seen) } }
  })
}

function paidIn(window: readonly ComposedBatch[]): readonly string[] {
  const of = (stream: string): ComposedBatch['records'] => window.flatMap(({ records }) => records.filter((record) => record.stream === stream))
  const payments = of('payments').map(parse<Payment>)
  return of('orders').flatMap((record) => {
    const { id, cents } = parse<Order>(record)
    return payments.filter(({ order }) => order === id).map(({ paid }) => JSON.stringify({ id, cents, paid }))
  })
}

function byJson<V>(map: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  return new Map([...map].map(([key, value]) => [JSON.stringify(key), value]))
}

/** mapWithState keeps the time beside the state. */
export function ofState(value: unknown): unknown {
  return (value as readonly unknown[])[0]
}
