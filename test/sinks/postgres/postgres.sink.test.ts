// What a table holds after a write, and what it says where it cannot take the rows.
import type { SinkBatch } from 'millrace'
import { sinkBatch } from 'millrace/testing'
import pg from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { newDatabase, query, script, sinkOf, urlOf } from './server.ts'

let database = ''
beforeAll(async () => {
  database = await newDatabase()
})

const pairColumns = { key: 'text', value: 'integer' } as const

async function write(sink: ReturnType<typeof sinkOf>, rows: readonly unknown[], n = 1, more: Partial<SinkBatch> = {}): Promise<void> {
  await sink.open?.()
  await sink.write(rows, { ...sinkBatch({ n }), ...more })
}

describe('values', () => {
  it('of every type are read back by another client as they were', async () => {
    const columns = { i: 'integer', r: 'real', t: 'text', b: 'boolean', at: 'timestamp', j: 'json', raw: 'blob' } as const
    const big = 2n ** 63n - 1n
    const quoted = 'quotes " \' \\ {},;\n\t € 𝄞 NULL'
    await write(sinkOf(database, { table: 'types', columns }), [
      { i: 1, r: 0.1, t: quoted, b: true, at: new Date(1_795_605_160_123), j: { a: [1, 'x"\\', null] }, raw: new Uint8Array([0, 255, 92]) },
      { i: big, r: Infinity, t: '', b: false, at: -62_167_219_200_000, j: null, raw: new Uint8Array(0) },
      { i: -(2 ** 53) + 1, r: NaN, t: 'NULL', b: null, at: 253_402_300_799_999, j: 'NULL', raw: null },
      { i: null, r: null, t: null, b: null, at: null, j: [1, 2], raw: null },
    ])
    const rows = await query(
      database,
      "select i::text, r::text, t, b, extract(epoch from at)::text as at, j::text, encode(raw, 'hex') as raw from types order by i nulls last",
    )
    expect(rows).toEqual([
      { i: '-9007199254740991', r: 'NaN', t: 'NULL', b: null, at: '253402300799.999000', j: '"NULL"', raw: null },
      { i: '1', r: '0.1', t: quoted, b: true, at: '1795605160.123000', j: '{"a": [1, "x\\"\\\\", null]}', raw: '00ff5c' },
      { i: '9223372036854775807', r: 'Infinity', t: '', b: false, at: '-62167219200.000000', j: null, raw: '' },
      { i: null, r: null, t: null, b: null, at: null, j: '[1, 2]', raw: null },
    ])
  })

  it('go into a table that was there, with other columns and narrower types', async () => {
    await query(database, "create table mine (id serial primary key, key varchar(5) not null, value smallint, note text default '-')")
    await write(sinkOf(database, { table: 'mine', columns: pairColumns }), [['a', 7]])
    expect(await query(database, 'select key, value, note from mine')).toEqual([{ key: 'a', value: 7, note: '-' }])
  })

  it('of more rows than one statement takes are all there', async () => {
    await write(
      sinkOf(database, { table: 'many', columns: pairColumns }),
      Array.from({ length: 25_001 }, (_, i) => [`k${i}`, i]),
    )
    expect(await query(database, 'select count(distinct key)::int as n, sum(value)::int as sum from many')).toEqual([{ n: 25_001, sum: (25_001 * 25_000) / 2 }])
  })
})

describe('rows with keys', () => {
  it('overwrite those of older batches only, key by key', async () => {
    const sink = sinkOf(database, { table: 'view', columns: pairColumns, key: 'key' })
    await write(
      sink,
      [
        ['a', 1],
        ['b', 1],
      ],
      1,
    )
    await write(sink, [['a', 2]], 2)
    await write(
      sink,
      [
        ['a', 1],
        ['b', 1],
      ],
      1,
    )
    expect(await query(database, 'select key, value::int from view order by key')).toEqual([
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ])
  })

  it('are refused where two of a batch have one key', async () => {
    const sink = sinkOf(database, { table: 'view2', columns: pairColumns, key: 'key' })
    await expect(
      write(sink, [
        ['a', 1],
        ['a', 2],
      ]),
    ).rejects.toThrow(/two rows of batch 1000 have the key "a".*reduceByKey/)
    expect(await query(database, 'select * from view2')).toEqual([])
  })
})

describe('a row that the table refuses', () => {
  const rows = [...Array.from({ length: 100 }, (_, i) => [`${i}`, i]), ['toolong', 1], ['x', 70_000], [null, 5], ['last', 9]] as const

  it('stops the batch, and nothing of it is there', async () => {
    await query(database, 'create table narrow (key varchar(4) not null, value smallint check (value <> 13))')
    const sink = sinkOf(database, { table: 'narrow', columns: pairColumns })
    await expect(
      write(sink, [
        ['a', 1],
        ['toolong', 2],
      ]),
    ).rejects.toThrow(
      /table narrow refuses a row \{ key: "toolong", value: 2 \}, for its column 'key': value too long for type character varying\(4\) \(22001\).*refused: 'skip'/,
    )
    await expect(write(sink, [['a', 70_000]])).rejects.toThrow(/\{ key: "a", value: 70000 \}, for its column 'value': smallint out of range/)
    await expect(write(sink, [[null, 1]])).rejects.toThrow(/for its column 'key': null value in column "key".*\(23502\)/)
    await expect(write(sink, [['b', 13]])).rejects.toThrow(/violates check constraint "narrow_value_check"/)
    expect(await query(database, 'select * from narrow')).toEqual([])
    await write(sink, [['a', 1]])
    expect(await query(database, 'select * from narrow')).toEqual([{ key: 'a', value: 1 }])
  })

  it("is logged and left out with refused: 'skip', and the rest is there once", async () => {
    await query(database, 'create table skipping (key varchar(4) not null, value smallint)')
    const sink = sinkOf(database, { table: 'skipping', columns: pairColumns, refused: 'skip' })
    const refused: string[] = []
    const more = { refuse: (_row: unknown, error: unknown): void => void refused.push(String(error)) }
    await write(sink, rows, 1, more)
    expect(refused).toHaveLength(3)
    expect(refused.join('\n')).toMatch(/toolong[\s\S]*70000[\s\S]*null/)
    await write(sink, rows, 1, more)
    expect(await query(database, 'select count(*)::int as n, sum(value)::int as sum from skipping')).toEqual([{ n: 101, sum: 4950 + 9 }])
    expect(refused).toHaveLength(3)
  })
})

describe('what is not there is named, with the remedy', () => {
  it('a column', async () => {
    await query(database, 'create table lacking (key text)')
    await expect(write(sinkOf(database, { table: 'lacking', columns: pairColumns }), [['a', 1]])).rejects.toThrow(
      /table lacking has no column 'value'; it has key: alter table "lacking" add column "value" bigint/,
    )
  })

  it('the columns that overwriting needs, and the key', async () => {
    await query(database, 'create table unkeyed (key text, value bigint)')
    const sink = sinkOf(database, { table: 'unkeyed', columns: pairColumns, key: 'key' })
    await expect(write(sink, [['a', 1]])).rejects.toThrow(/add column "millrace_run" text, add column "millrace_time" bigint/)
    await query(database, 'alter table unkeyed add column millrace_run text, add column millrace_time bigint')
    await expect(write(sink, [['a', 1]])).rejects.toThrow(/needs a primary key or unique index on the column 'key'/)
  })

  it('the right to make the table', async () => {
    await query(database, "create role poor login password 'poor'")
    await query(database, 'revoke create on schema public from public')
    const { postgres } = await import('millrace/postgres')
    const sink = postgres({ connection: () => urlOf(database).replace('millrace:millrace', 'poor:poor'), table: 'new_one', columns: pairColumns })
    await expect(sink.open?.()).rejects.toThrow(
      /permission denied for schema public.*let somebody run: create table if not exists "new_one" \("key" text, "value" bigint\)/,
    )
  })

  it('the password, which no error shows', async () => {
    const { postgres } = await import('millrace/postgres')
    const sink = postgres({ connection: () => urlOf(database).replace('millrace:millrace', 'millrace:sesame'), table: 't', columns: pairColumns })
    const error = await sink.open?.().catch((thrown: Error) => thrown)
    expect(String(error)).toMatch(/password authentication failed.*look at the password of the connection/)
    expect(`${String(error)} ${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('sesame')
  })
})

describe('several at once', () => {
  it('are two sinks of eight partitions in one process', async () => {
    const sinks = ['one', 'two'].map((name) => sinkOf(database, { table: 'shared', columns: pairColumns, name }))
    for (const sink of sinks) await sink.open?.()
    for (const n of [1, 2])
      await Promise.all(
        sinks.flatMap((sink) => Array.from({ length: 8 }, (_, partition) => sink.write([[`k${partition}`, n]], sinkBatch({ n, partition, partitions: 8 })))),
      )
    expect(await query(database, 'select key, count(*)::int as n, sum(value)::int as sum from shared group by key order by key')).toEqual(
      Array.from({ length: 8 }, (_, i) => ({ key: `k${i}`, n: 4, sum: 6 })),
    )
  })

  it('wait for a server that has no connection left', async () => {
    const others = await Promise.all(
      Array.from({ length: 39 }, async () => {
        const client = new pg.Client({ connectionString: urlOf('postgres') })
        client.on('error', () => {})
        await client.connect().catch(() => {})
        return client
      }),
    )
    const sink = sinkOf(database, { table: 'crowded', columns: pairColumns })
    await expect(write(sink, [['a', 1]])).rejects.toThrow(/too many clients|remaining connection slots.*(raise max_connections)/)
    await Promise.all(others.map((client) => client.end().catch(() => {})))
    await write(sink, [['a', 1]])
    expect(await query(database, 'select key from crowded')).toEqual([{ key: 'a' }])
  })

  it('retry after a deadlock', async () => {
    const sink = sinkOf(database, { table: 'locked', columns: pairColumns, key: 'key' })
    await write(
      sink,
      [
        ['a', 0],
        ['b', 0],
      ],
      1,
    )
    // Somebody holds b, and wants a while the sink, which has a, wants b.
    const other = new pg.Client({ connectionString: urlOf(database) })
    await other.connect()
    await other.query("begin; set local deadlock_timeout = '10s'; update locked set value = 100 where key = 'b'")
    const writing = write(
      sink,
      [
        ['a', 1],
        ['b', 1],
      ],
      2,
    )
    const waits = async (): Promise<boolean> =>
      (
        await query(
          database,
          `select 1 from pg_locks l join pg_database d on d.oid = l.database or l.database is null join pg_stat_activity a using (pid) where a.datname = '${database}' and not granted`,
        )
      ).length > 0
    while (!(await waits()));
    await other.query("update locked set value = 100 where key = 'a'").catch(() => {})
    await other.query('rollback').catch(() => {})
    await other.end()
    await writing
    expect(await query(database, 'select key, value::int from locked order by key')).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 1 },
    ])
  })

  it('end when they are told to', async () => {
    const sink = sinkOf(database, { table: 'aborted', columns: pairColumns, timeouts: { statementMs: 20_000, lockMs: 20_000, idleMs: 20_000 } })
    await sink.open?.()
    const other = new pg.Client({ connectionString: urlOf(database) })
    await other.connect()
    await other.query('begin; lock table aborted in access exclusive mode')
    const abort = new AbortController()
    const writing = sink.write([['a', 1]], sinkBatch({ n: 1 }, abort.signal))
    setTimeout(() => abort.abort(new Error('time is up')), 50)
    await expect(writing).rejects.toThrow(/time is up/)
    await other.query('rollback')
    await other.end()
    await sink.write([['a', 1]], sinkBatch({ n: 1 }))
    expect(await query(database, 'select key from aborted')).toEqual([{ key: 'a' }])
  })
})

describe('a server that is restarted', () => {
  it.each(['fast', 'immediate'])('(%s) is written to by the next attempt, over a new connection', async (how) => {
    const sink = sinkOf(database, { table: `restarted_${how}`, columns: pairColumns })
    await write(sink, [['a', 1]], 1)
    await script('stop', { POSTGRES_STOP: how })
    await expect(sink.write([['b', 2]], sinkBatch({ n: 2 }))).rejects.toThrow(/postgres 'restarted_.*ECONNREFUSED|connect/)
    await script('start', { POSTGRES_KEEP: '1' })
    await sink.write([['b', 2]], sinkBatch({ n: 2 }))
    expect(await query(database, `select key from restarted_${how} order by key`)).toEqual([{ key: 'a' }, { key: 'b' }])
  })
})
