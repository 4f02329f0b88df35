// Our MessagePack beside msgpackr, which the core used before (docs/decisions/0003-own-message-pack.md). Bytes are compared first.
import assert from 'node:assert/strict'
import { pack } from '../lib/codec/pack.ts'
import { unpack } from '../lib/codec/unpack.ts'
import { jsonLines, logLines } from './lines.ts'
import { measure } from './measure.ts'
import { table } from './table.ts'

/** A small value is done many times, so that the clock can tell. */
const VALUES_PER_ROUND = 2_000

function values(): readonly (readonly [name: string, value: unknown, size: number])[] {
  const words = [...new Set(logLines(9_000, 1).flatMap((line) => line.split(' ')))]
  const orders = jsonLines(2_000, 3).map((line) => JSON.parse(line) as unknown)
  const block = new Uint8Array(2_000).fill(5)
  return [
    ['words', words, words.length],
    ['pairs of word and number', words.map((word, i) => [word, (i * 7) % 3_000]), words.length],
    ['log lines', logLines(2_000, 2), 2_000],
    ['objects of 6 properties', orders, orders.length],
    ['a small log entry', [true, [0, 5, 'id-3', 1.7e12, '1000000000000', 0, 1.7e12, false, 9_000, [1.7e12], [[1.7e12, 'x', 0, 5_000, block]], null]], 1],
  ]
}

/** Prints nanoseconds per element, and ratios. */
export async function codec(): Promise<void> {
  // It looks for its native half when it is imported.
  process.env['MSGPACKR_NATIVE_ACCELERATION_DISABLED'] = 'true'
  const { Packr } = await import('msgpackr')
  const packr = new Packr({ useRecords: false, variableMapSize: true })
  const rows: string[][] = []
  for (const [name, value, size] of values()) {
    const bytes = pack(value)
    assert.equal(Buffer.compare(bytes, packr.pack(value)), 0, `${name}: the bytes differ`)
    assert.equal(Buffer.compare(bytes, pack(unpack(bytes))), 0, `${name}: what was read differs`)
    const repeat = (work: () => unknown) => (): unknown => {
      let last: unknown
      for (let i = 0; i < VALUES_PER_ROUND; i += size) last = work()
      return last
    }
    const ms = await measure<unknown>(
      [
        { name: 'pack', run: repeat(() => pack(value)) },
        { name: 'their pack', run: repeat(() => new Uint8Array(packr.pack(value))) },
        { name: 'unpack', run: repeat(() => unpack(bytes)) },
        { name: 'their unpack', run: repeat(() => packr.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) as unknown) },
      ],
      { rounds: 150, warmup: 100 },
    )
    const of = (what: string): number => (ms.get(what) ?? Number.NaN) * 1e6
    const ns = (what: string): string => (of(what) / (Math.ceil(VALUES_PER_ROUND / size) * size)).toFixed(0)
    rows.push([name, ns('pack'), (of('pack') / of('their pack')).toFixed(2), ns('unpack'), (of('unpack') / of('their unpack')).toFixed(2)])
  }
  console.log('MessagePack, ns per element, beside msgpackr without its native half (which no bundle can hold)')
  console.log(table(['', 'pack', '/msgpackr', 'unpack', '/msgpackr'], rows))
}
