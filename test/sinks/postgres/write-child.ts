// node write-child.ts DATABASE FROM TO: a process that writes batches FROM to TO, and says `done N` of each. It is killed and stopped by the tests.
import type { Sink } from 'millrace'
import { sinkBatch } from 'millrace/testing'
import { sinkOf } from './server.ts'

const [database = '', from = '1', to = '1'] = process.argv.slice(2)

/** Rows of batch n: as many as take a while. */
export const childRows = (n: number): readonly (readonly [string, number])[] => Array.from({ length: 500 }, (_, i) => [`k${i}`, n * 1_000 + i] as const)

if (process.argv[1] === import.meta.filename) {
  const sink: Sink<unknown> = sinkOf(database, { table: 'totals', columns: { key: 'text', value: 'integer' } })
  await sink.open?.()
  console.log('open')
  for (let n = Number(from); n <= Number(to); n++) {
    await sink.write(childRows(n), sinkBatch({ n }))
    console.log(`done ${n}`)
  }
}
