// What a statement sees and gives: rows, windows, static tables, types, traps. Expected values come from the rows by hand.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { defineJob, type DStream, json, seconds, type StreamingContext } from 'millrace'
import { sql, type SqlOptions, type SqlTable, table } from 'millrace/sql'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'

interface Bid {
  readonly auction: number
  readonly price: number | null
  readonly channel: string | null
}
const COLUMNS = { auction: 'integer', price: 'real', channel: 'text' } as const
const bid = (auction: number, price: number | null, channel: string | null = 'web'): Bid => ({ auction, price, channel })

type Build = (ssc: StreamingContext, bids: DStream<Bid>) => Readonly<Record<string, SqlTable>>
const tablesOf: Build = (_ssc, bids) => ({ bids: table(bids, COLUMNS) })

async function run(
  text: string,
  batches: readonly (readonly unknown[])[],
  options: SqlOptions = {},
  build: Build = tablesOf,
  run: Parameters<typeof runBatches>[2] = {},
) {
  const job = defineJob({ name: 'sql', batchInterval: seconds(1) }, (ssc) => {
    const bids = ssc.kinesisStream('bids', json()) as DStream<Bid>
    sql(ssc, build(ssc, bids), text, options).saveAsObjectFiles('objects')
    sql(ssc, build(ssc, bids), text, options).saveAsJsonFiles('out')
  })
  return runBatches(job, { bids: batches }, run)
}
const rowsOf = async (...args: Parameters<typeof run>): Promise<readonly (readonly unknown[])[]> => (await run(...args)).json('out').map(({ rows }) => rows)

describe('a statement', () => {
  it('gives its rows in the order that it says, ties and limit from the canonical order', async () => {
    const rows = [bid(2, 1), bid(1, 5), bid(3, 5), bid(1, 2)]
    const text = 'select auction, max(price) as best from bids group by auction order by best desc limit 2'
    const [one, other] = await rowsOf(text, [rows, [...rows].reverse()])
    expect(one).toEqual(other)
    expect(one).toHaveLength(2)
    expect(one).toEqual(
      expect.arrayContaining([
        { auction: 1, best: 5 },
        { auction: 3, best: 5 },
      ]),
    )
    // Auction 2 with 1 is behind the limit, wherever it stands.
    expect(await rowsOf('select auction from bids order by price limit 1', [rows])).toEqual([[{ auction: 2 }]])
  })
  it('without an order gives them in the canonical one, whatever order they came in', async () => {
    const rows = [bid(2, null, 'b'), bid(2, 1, null), bid(1, 9, 'z'), bid(2, 1, 'a')]
    const expected = [bid(1, 9, 'z'), bid(2, null, 'b'), bid(2, 1, null), bid(2, 1, 'a')]
    expect(await rowsOf('select auction, price, channel from bids', [rows, [...rows].reverse()])).toEqual([expected, expected])
  })
  it('sees lists, first and group_concat in the canonical order of the columns that it reads', async () => {
    const rows = [bid(2, 1, 'b'), bid(1, 1, 'c'), bid(1, 1, 'a')]
    const text = "select collect_list(channel) as l, first(channel) as f, last(channel) as z, group_concat(channel, '') as g from bids"
    const expected = { l: ['a', 'b', 'c'], f: 'a', z: 'c', g: 'abc' }
    const byPrice = 'select collect_list(channel) as l, min(price) as p from bids'
    expect(await rowsOf(byPrice, [[bid(1, 2, 'a'), bid(1, 1, 'b')]], { returns: { l: 'json' } })).toEqual([[{ l: ['b', 'a'], p: 1 }]])
    expect(await rowsOf(text, [rows, [rows[2]!, rows[0]!, rows[1]!]], { returns: { l: 'json' } })).toEqual([[expected], [expected]])
  })
  it('reads a batch whole, from however many shards', async () => {
    const batches = [Array.from({ length: 20 }, (_, i) => bid(i % 3, i)), [bid(7, 1)]]
    const out = (await rowsOf('select count(*) as n, sum(price) as s from bids', batches, {}, tablesOf, {
      shards: 4,
      numPartitions: 4,
    })) as readonly (readonly { readonly n: number; readonly s: number }[])[]
    // A shard's rows may come with the next batch.
    expect(out.map((rows) => rows.length)).toEqual([1, 1])
    expect(out.flat().reduce(({ n, s }, row) => ({ n: n + row.n, s: s + row.s }))).toEqual({ n: 21, s: 191 })
  })
  it('reads windows, and knows their times', async () => {
    const windowed: Build = (_ssc, bids) => ({ bids: table(bids.window(seconds(2), seconds(1)), COLUMNS) })
    const text = 'select count(*) as n, window_start() as s, window_end() as e, batch_time() as t from bids'
    const out = await rowsOf(text, [[bid(1, 1)], [bid(1, 2)], []], {}, windowed)
    expect(out.slice(0, 3).flat()).toEqual([
      { n: 1, s: '1969-12-31 23:59:59.000', e: '1970-01-01 00:00:01.000', t: '1970-01-01 00:00:01.000' },
      { n: 2, s: '1970-01-01 00:00:00.000', e: '1970-01-01 00:00:02.000', t: '1970-01-01 00:00:02.000' },
      { n: 1, s: '1970-01-01 00:00:01.000', e: '1970-01-01 00:00:03.000', t: '1970-01-01 00:00:03.000' },
    ])
  })
  it('joins static tables by key and by any column', async () => {
    const withNames: Build = (ssc, bids) => ({ ...tablesOf(ssc, bids), names: table(names(ssc), { key: 'integer', name: 'text' }) })
    const names = (ssc: StreamingContext) =>
      ssc.staticTable(`names-${Math.trunc(made++)}`, async () => [
        [1, { name: 'lamp' }],
        [2, { name: 'rug' }],
      ])
    let made = 0
    const text = 'select n.name, b.price from bids b left join names n on n.key = b.auction order by b.price'
    expect(await rowsOf(text, [[bid(2, 1), bid(1, 2), bid(9, 3)]], {}, withNames)).toEqual([
      [
        { name: 'rug', price: 1 },
        { name: 'lamp', price: 2 },
        { name: null, price: 3 },
      ],
    ])
    expect(await rowsOf('select b.auction, n.key from bids b join names n on n.name = b.channel', [[bid(5, 1, 'rug')]], {}, withNames)).toEqual([
      [{ auction: 5, key: 2 }],
    ])
    expect(
      await rowsOf('select b.auction, n.name from bids b join names n using (key)', [[bid(5, 1)]], {}, (ssc, bids) => ({
        bids: table(
          bids.map(({ auction }) => ({ key: auction - 3, auction })),
          { key: 'integer', auction: 'integer' },
        ),
        names: table(names(ssc), { key: 'integer', name: 'text' }),
      })),
    ).toEqual([[{ auction: 5, name: 'rug' }]])
  })
  it('calls functions of the user', async () => {
    expect(
      await rowsOf('select twice(price) as t, typeof(twice(price)) as y, shout(channel) as c from bids', [[bid(1, 2)]], {
        functions: { twice: (n: number) => n * 2, shout: (s: string) => `${s}!` },
      }),
    ).toEqual([[{ t: 4, y: 'real', c: 'web!' }]])
  })
  it('gives the same bytes in a process that ran a hundred batches and in one that begins', async () => {
    const batches = Array.from({ length: 100 }, (_, b) =>
      Array.from({ length: 1 + ((b * 7) % 23) }, (_, i) => bid((i * 31 + b) % 5, ((i * 17) % 11) / 7, i % 3 === 0 ? null : `c${(i + b) % 4}`)),
    )
    const text =
      'select auction, sum(price) as s, group_concat(channel) as g, first(channel) as f, count(distinct price) as d from bids group by auction order by s limit 3'
    const warm = await rowsOf(text, batches)
    for (const at of [0, 37, 99]) {
      const cold = await rowsOf(text, [batches[at]!])
      expect(JSON.stringify(cold[0])).toBe(JSON.stringify(warm[at]))
    }
  })
})

describe('values', () => {
  const of = async (value: unknown, type: string, returns?: SqlOptions['returns'], text = 'select v, typeof(v) as t from rows') => {
    const job = defineJob({ name: 'values', batchInterval: seconds(1) }, (ssc) => {
      const rows = ssc.queueStream<{ readonly v: never }>([[{ v: value as never }]])
      sql(ssc, { rows: table(rows, { v: type } as never) }, text, returns === undefined ? {} : { returns })
        .transform((rdd) => rdd.map((row) => [row]))
        .foreachRDD((rdd) => void seen.push(...rdd.collect().flat()))
    })
    const seen: unknown[] = []
    const result = await runBatches(job, {})
    return { rows: seen as readonly Readonly<Record<string, unknown>>[], letters: result.deadLetters.map(({ error }) => error) }
  }
  it.each([
    ['a number in a real column is real', 5, 'real', undefined, { v: 5, t: 'real' }],
    ['a number in an integer column is an integer', 5, 'integer', undefined, { v: 5, t: 'integer' }],
    ['-0 has no sign', -0, 'real', undefined, { v: 0, t: 'real' }],
    ['an infinity stays', Infinity, 'real', undefined, { v: Infinity, t: 'real' }],
    ['a bigint comes back as one where declared', 2n ** 60n, 'integer', { v: 'bigint' }, { v: 2n ** 60n, t: 'integer' }],
    ['a small one, too', 5, 'integer', { v: 'bigint' }, { v: 5n, t: 'integer' }],
    ['a boolean is 1', true, 'boolean', undefined, { v: 1, t: 'integer' }],
    ['and true where declared', true, 'boolean', { v: 'boolean' }, { v: true, t: 'integer' }],
    ['a Date is a text', new Date(5), 'timestamp', undefined, { v: '1970-01-01 00:00:00.005', t: 'text' }],
    ['and a Date where declared', new Date(5), 'timestamp', { v: 'timestamp' }, { v: new Date(5), t: 'text' }],
    ['epoch ms are a timestamp, too', -62_167_219_200_000, 'timestamp', undefined, { v: '0000-01-01 00:00:00.000', t: 'text' }],
    ['text of digits stays text', '123', 'text', undefined, { v: '123', t: 'text' }],
    ['json of digits stays text', 123, 'json', undefined, { v: '123', t: 'text' }],
    ['an object is JSON', { a: [1, null] }, 'json', { v: 'json' }, { v: { a: [1, null] }, t: 'text' }],
    ['bytes are a blob', Uint8Array.of(1, 2), 'blob', undefined, { v: Uint8Array.of(1, 2), t: 'blob' }],
    ['null is null', null, 'blob', undefined, { v: null, t: 'null' }],
  ] as const)('%s', async (_name, value, type, returns, expected) => {
    const { rows, letters } = await of(value, type, returns)
    expect(letters).toEqual([])
    expect(rows).toEqual([expected])
  })
  it.each([
    ['NaN, which would be NULL', NaN, 'real', /column 'v' is NaN/],
    ['a lone surrogate, which would be U+FFFD', 'a\ud800', 'text', /'v'.*lone surrogates/],
    ['U+0000, at which a text would end', 'a\0b', 'text', /U\+0000/],
    ['a text in a number column', '5', 'integer', /column 'v' is the string "5"/],
    ['a number that is not whole', 5.5, 'integer', /whole numbers/],
    ['undefined', undefined, 'text', /no column 'v'/],
    ['an invalid Date', new Date(NaN), 'timestamp', /'v'.*valid Dates/],
    ['year 10000', 253_402_300_800_000, 'timestamp', /0000 to 9999/],
  ] as const)('refuses %s: a dead letter', async (_name, value, type, error) => {
    const { rows, letters } = await of(value, type)
    expect(rows).toEqual([])
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatch(error)
  })
  it('makes a dead letter of a result that a number cannot hold', async () => {
    const { rows, letters } = await of(2n ** 53n, 'integer')
    expect(rows).toEqual([])
    expect(letters[0]).toMatch(/'v' is 9007199254740992.*returns: \{ v: 'bigint' \}/)
  })
  it('and of one that is not what returns says', async () => {
    expect((await of('x', 'text', { v: 'timestamp' })).letters[0]).toMatch(/declares it as timestamp/)
  })
  it('divides reals as JavaScript does, and integers as SQLite', async () => {
    expect((await of(5, 'real', undefined, 'select v / 2 as v, 5 / 2 as t from rows')).rows).toEqual([{ v: 2.5, t: 2 }])
  })
})

describe('rows that do not fit', () => {
  it('are dead letters once, in the batch that brings them, though a window shows them again', async () => {
    const build: Build = (_ssc, bids) => ({
      bids: table(
        bids.window(seconds(3), seconds(1)).filter(({ price }) => price !== 7),
        COLUMNS,
      ),
    })
    const job = defineJob({ name: 'letters', batchInterval: seconds(1) }, (ssc) => {
      const bids = ssc.kinesisStream('bids', json()) as DStream<Bid>
      sql(ssc, build(ssc, bids), 'select count(*) as n from bids').saveAsJsonFiles('out')
    })
    for (const options of [
      {},
      { shards: 3, numPartitions: 3 },
      { seed: 4, shards: 2, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.4, staleCache: 0.4 } },
    ]) {
      const result = await runBatches(job, { bids: [[bid(1, 1), { auction: 'x', price: 1, channel: null }], [bid(2, 2), bid(1, 7)], [], []] }, options)
      expect(result.deadLetters.map(({ error }) => error)).toEqual([expect.stringMatching(/does not fit the table 'bids': column 'auction' is the string "x"/)])
      expect(
        result
          .json('out')
          .map(({ rows }) => rows)
          .slice(0, 3),
      ).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 2 }]])
    }
  })
  it('of a static table fail its load, naming key, column and value', async () => {
    const build: Build = (ssc, bids) => ({
      ...tablesOf(ssc, bids),
      names: table(
        ssc.staticTable(`n${count++}`, async () => [[1, { name: 5 as unknown as string }]]),
        { key: 'integer', name: 'text' },
      ),
    })
    let count = 0
    await expect(rowsOf('select n.name from bids b join names n on n.key = b.auction', [[bid(1, 1)]], {}, build)).rejects.toThrow(
      /static table 'n\d', key the number 1: column 'name' is the number 5/,
    )
  })
  it('the program is not planned with streams that do not slide together', async () => {
    const build: Build = (_ssc, bids) => ({ a: table(bids, COLUMNS), b: table(bids.window(seconds(4), seconds(2)), COLUMNS) })
    await expect(rowsOf('select a.price from a join b using (auction)', [], {}, build)).rejects.toThrow(/different slide durations \(1000 ms, 2000 ms\)/)
  })
})

it('computes times alike in a process of any zone', () => {
  const file = join(import.meta.dirname, 'jobs/times.ts')
  const outputs = ['UTC', 'Asia/Kolkata', 'America/New_York'].map((TZ) =>
    execFileSync(process.execPath, ['--conditions=millrace-source', file], { env: { ...process.env, TZ }, encoding: 'utf8' }),
  )
  expect(JSON.parse(outputs[0]!)).toEqual([
    {
      h: 12,
      d: '2026-07-01',
      dt: '2026-07-01 12:00:00.500',
      trunc: '2026-07-01 00:00:00.000',
      fmt: '2026-07-01 12:00',
      s: '12:00',
      u: 1782907200,
      later: '2026-07-01 13:00:00.500',
      none: null,
      local: null,
    },
  ])
  expect(outputs[1]).toBe(outputs[0])
  expect(outputs[2]).toBe(outputs[0])
})
