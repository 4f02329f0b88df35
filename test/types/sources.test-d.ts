// What decoders of several rows, dropDuplicates and derived streams infer, and what they refuse.
import { confluent, csv, defineJob, gunzip, jsonLines, lines, minutes, seconds, text, type DStream, type RowsDecoder } from 'millrace'
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : [{ expected: B; got: A }]): void => {}

defineJob({ name: 't', batchInterval: seconds(1) }, (ssc) => {
  const rows = ssc.kinesisStream('rows', lines())
  same<typeof rows, DStream<string>>()
  const packed = ssc.kinesisStream('packed', gunzip(jsonLines()))
  same<typeof packed, DStream<unknown>>()
  const own: RowsDecoder<number, string> = { split: () => ['1'], decodeRow: (part) => Number(part) }
  const numbers = ssc.kinesisStream('numbers', own)
  same<typeof numbers, DStream<number>>()

  const cells = ssc.kinesisStream('cells', csv({ columns: ['id', 'cents'] }))
  same<typeof cells, DStream<{ readonly id: string; readonly cents: string }>>()
  const named = ssc.kinesisStream('named', csv({ header: true }))
  same<typeof named, DStream<Readonly<Record<string, string>>>>()
  // @ts-expect-error neither columns nor a header
  csv({ delimiter: ';' })
  const ids = ssc.kinesisStream('ids', confluent({ decode: (_data, { schemaId }) => schemaId }))
  same<typeof ids, DStream<number>>()

  const polled = ssc.receiverStream<{ id: number }, number>('polled', {
    every: minutes(1),
    poll: async (after = 0, { limit }) => ({ records: [{ id: after + limit }], position: after + 1 }),
  })
  same<typeof polled, DStream<{ id: number }>>()
  // @ts-expect-error a poll must say where to go on
  ssc.receiverStream<number, number>('lost', { every: minutes(1), poll: async () => ({ records: [1] }) })
  // @ts-expect-error a duration, not a number
  ssc.receiverStream<number, number>('often', { every: 60, poll: async () => ({ records: [1], position: 1 }) })

  const once = ssc.kinesisStream('once', text()).dropDuplicates((word) => word.slice(0, 1), { within: minutes(10), uid: 'once' })
  same<typeof once, DStream<string>>()
  // @ts-expect-error an object is no key
  rows.dropDuplicates((word) => ({ word }), { within: minutes(10) })
  // @ts-expect-error a duration, not a number
  rows.dropDuplicates((word) => word, { within: 10 })

  const derived = ssc.derive<number>([rows], 'lengths', ([node]) => node!)
  same<typeof derived, DStream<number>>()
})
