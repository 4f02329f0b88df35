// Which columns rows of a type may be declared to have.
import { csvFile, defineJob, jsonLinesFile, seconds, text, type Pair } from 'millrace'
import { parquetFile } from 'millrace/parquet'
import type { ColumnsOf, Fields, Fitting } from '../../lib/values/column-types.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [{ expected: B; got: A }]): void => {}

interface Bid {
  readonly auction: number
  readonly bidder: string | null
  readonly at: Date
  readonly big: bigint
  readonly ok: boolean
  readonly raw: Uint8Array
  readonly tags: readonly string[]
  readonly note?: string
  readonly channel: 'web' | 'app'
}
same<
  ColumnsOf<Bid>,
  {
    readonly auction?: 'integer' | 'real' | 'timestamp' | 'json'
    readonly bidder?: 'text' | 'json'
    readonly at?: 'timestamp'
    readonly big?: 'integer'
    readonly ok?: 'boolean' | 'json'
    readonly raw?: 'blob'
    readonly tags?: 'json'
    readonly note?: never
    readonly channel?: 'text' | 'json'
  }
>()
same<ColumnsOf<Pair<string, number>>, { readonly key?: 'text' | 'json'; readonly value?: 'integer' | 'real' | 'timestamp' | 'json' }>()
same<
  ColumnsOf<Pair<string, { readonly n: number; readonly key: Date }>>,
  { readonly key?: 'text' | 'json'; readonly n?: 'integer' | 'real' | 'timestamp' | 'json' }
>()
same<ColumnsOf<Pair<readonly [string, number], Date>>, { readonly key?: 'json'; readonly value?: 'timestamp' }>()
same<ColumnsOf<string>, { readonly value?: 'text' | 'json' }>()
same<ColumnsOf<Date>, { readonly value?: 'timestamp' }>()
same<ColumnsOf<readonly number[]>, { readonly value?: 'json' }>()
same<Fields<{ a: 1 } | { a: 2; b: 3 }>['a'], 1 | 2>()

const unknown: ColumnsOf<unknown> = { whatever: 'blob' }
void unknown

const declare = <T, const C>(_rows: readonly T[], _columns: C & Fitting<T, C>): void => {}
declare([{ word: 'a', n: 1 }], { word: 'text', n: 'integer' })
// @ts-expect-error a number is no text
declare([{ word: 'a', n: 1 }], { n: 'text' })
// @ts-expect-error there is no such field
declare([{ word: 'a', n: 1 }], { word: 'text', nn: 'integer' })

defineJob({ name: 't', batchInterval: seconds(1) }, (ssc) => {
  const bids = ssc.kinesisStream('bids', text()).map((line): Bid => JSON.parse(line))
  bids.saveAsFiles('bids', csvFile({ columns: { auction: 'integer', at: 'timestamp' } }), { layout: 'day', partitionBy: ({ channel }) => ({ channel }) })
  bids.saveAsFiles('bids', jsonLinesFile())
  bids.keyBy(({ auction }) => auction).saveAsFiles('bids', parquetFile({ columns: { key: 'integer', big: 'integer' } }))
  // @ts-expect-error a Date is no text
  bids.saveAsFiles('bids', csvFile({ columns: { at: 'text' } }))
  // @ts-expect-error there is no such field
  bids.saveAsFiles('bids', parquetFile({ columns: { price: 'real' } }))
  // @ts-expect-error a layout is by hour or day
  bids.saveAsFiles('bids', jsonLinesFile(), { layout: 'week' })
  // @ts-expect-error nothing that can be a directory
  bids.saveAsFiles('bids', jsonLinesFile(), { partitionBy: ({ tags }) => ({ tags }) })
})
