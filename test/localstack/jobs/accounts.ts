// What the jobs beside this do with a stream: totals of accounts, and the last change in a batch, which tells the order of an account's records.
import { json, type DStream, type State, type StreamingContext } from 'millrace'
import * as v from 'valibot'

const Change = v.object({ account: v.string(), amount: v.number() })

export function changes(ssc: StreamingContext): DStream<v.InferOutput<typeof Change>> {
  return ssc.kinesisStream('changes', json(Change))
}

export function totals(stream: ReturnType<typeof changes>): void {
  stream
    .mapToPair(({ account, amount }) => [account, { sum: amount, last: amount }])
    .reduceByKey((a, b) => ({ sum: a.sum + b.sum, last: b.last }))
    .mapWithState(
      (account, batch, state: State<number>) => {
        state.update((state.getOption() ?? 0) + (batch?.sum ?? 0))
        return { account, total: state.get(), last: batch?.last }
      },
      { uid: 'totals' },
    )
    .saveAsJsonFiles('totals')
}

/** `uid`: of the operator that keeps an extreme amount of each account, and its output. */
export function extremes(stream: ReturnType<typeof changes>, uid: string, choose: (a: number, b: number) => number): void {
  stream
    .mapToPair(({ account, amount }) => [account, amount])
    .mapWithState(
      (account, amount, state: State<number>) => {
        state.update(choose(state.getOption() ?? amount ?? NaN, amount ?? NaN))
        return { account, extreme: state.get() }
      },
      { uid },
    )
    .saveAsJsonFiles(uid)
}
