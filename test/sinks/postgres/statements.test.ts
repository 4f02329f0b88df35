// The text of the statements, and what can never be stored.
import { postgres } from 'millrace/postgres'
import { describe, expect, it } from 'vitest'
import { checkStorable, columnArrays } from '../../../lib/sinks/postgres/column-arrays.ts'
import { resolveConnection } from '../../../lib/sinks/postgres/connection.ts'
import { statements } from '../../../lib/sinks/postgres/statements.ts'

const columns = { key: 'text', value: 'integer' } as const
const connection = { env: 'DATABASE_URL' }

describe('the statements', () => {
  it('append', () => {
    const sql = statements({ table: 'totals', columns, keyed: false })
    expect(sql.createTable).toBe('create table if not exists "totals" ("key" text, "value" bigint)')
    expect(sql.insert).toBe('insert into "totals" ("key", "value") select * from unnest($1::text[], $2::bigint[])')
    expect(sql.claim).toBe(
      'insert into "millrace_batches" as b (job, run, sink, partitions, partition, batch_time) values ($1, $2, $3, $4, $5, $6) on conflict (job, run, sink, partitions, partition) do update set batch_time = excluded.batch_time where b.batch_time < excluded.batch_time returning 1',
    )
  })

  it('overwrite what is of an older run or batch', () => {
    const sql = statements({ table: 'totals', columns, keyed: true })
    expect(sql.createTable).toBe(
      'create table if not exists "totals" ("key" text primary key, "value" bigint, millrace_run text not null, millrace_time bigint not null)',
    )
    expect(sql.insert).toBe(
      'insert into "totals" as t ("key", "value", millrace_run, millrace_time) select u.*, $3::text, $4::bigint from unnest($1::text[], $2::bigint[]) u on conflict ("key") do update set "value" = excluded."value", "millrace_run" = excluded."millrace_run", "millrace_time" = excluded."millrace_time" where (t.millrace_run collate "C", t.millrace_time) < (excluded.millrace_run collate "C", excluded.millrace_time)',
    )
  })

  it('quote every name, and stay in the schema of the table', () => {
    const sql = statements({ table: 'Weekly Reports.my"table', columns: { 'a"b': 'json' }, keyed: false })
    expect(sql.insert).toBe('insert into "Weekly Reports"."my""table" ("a""b") select * from unnest($1::jsonb[])')
    expect(sql.batches).toBe('"Weekly Reports"."millrace_batches"')
  })
})

describe('values', () => {
  it('are sent as text that PostgreSQL reads exactly', () => {
    const all = { a: 'integer', b: 'real', c: 'timestamp', d: 'boolean', e: 'text', f: 'blob' } as const
    const rows = [
      [2n ** 63n - 1n, Number.NaN, 253_402_300_799_999, true, 'x', new Uint8Array([1])],
      [-1, -Infinity, -62_167_219_200_000, false, '', null],
    ]
    expect(columnArrays(all, rows)).toEqual([
      ['9223372036854775807', '-1'],
      ['NaN', '-Infinity'],
      ['9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z BC'],
      ['true', 'false'],
      ['x', ''],
      [new Uint8Array([1]), null],
    ])
  })

  it.each([
    ['a text with U+0000', { value: 'text' } as const, ['a\0b'], false, /'value' holds the character U\+0000.*no text/],
    ['JSON with U+0000', { value: 'json' } as const, [JSON.stringify({ a: 'x\0' })], false, /'value' holds the character U\+0000.*no jsonb/],
    ['a key that is null', columns, [null, 1], true, /'key' is null; a row is found again by its key/],
  ])('refuse %s before the commit', (_what, declared, values, keyed, message) => {
    expect(() => checkStorable(declared, values, keyed)).toThrow(message)
  })

  it('take JSON in which somebody writes about U+0000', () => {
    expect(() => checkStorable({ value: 'json' }, [JSON.stringify('\\u0000')], false)).not.toThrow()
  })
})

describe('a sink is refused', () => {
  it.each<[string, object, RegExp]>([
    [
      'with a URL in the program',
      { connection: 'postgres://me:sesame@host/db', table: 't', columns },
      /its connection is a string; say where to find it when it runs: \{ env: 'DATABASE_URL' \}/,
    ],
    ['with a configuration in the program', { connection: { host: 'h', password: 'sesame' }, table: 't', columns }, /an object with host, password; say where/],
    ['without a table', { connection, columns }, /as its table; it is a name such as 'totals'/],
    [
      'with a key that is not the pair’s',
      { connection, table: 't', columns, key: 'value' },
      /rows are overwritten by the key of their pair, which is the column 'key'/,
    ],
    ['with columns that are none', { connection, table: 't', columns: {} }, /columns/],
    ['with a word for refused', { connection, table: 't', columns, refused: 'ignore' }, /refused is .*'stop' or 'skip'/],
    ['with a time-out that is none', { connection, table: 't', columns, timeouts: { lockMs: 0.5 } }, /lockMs is .*whole milliseconds/],
  ])('%s', (_what, options, message) => {
    expect(() => postgres(options as never)).toThrow(message)
    try {
      postgres(options as never)
    } catch (error) {
      expect(String(error)).not.toContain('sesame')
    }
  })
})

describe('the connection', () => {
  it.each([
    ['is not set', undefined, /the variable MILLRACE_TEST_URL is not set/],
    ['is no URL', 'secret word', /MILLRACE_TEST_URL holds no URL such as/],
    ['is a URL of something else', 'mysql://me:secret@host/db', /MILLRACE_TEST_URL holds no URL such as/],
    ['is JSON that lacks something', '{"username":"me","password":"secret"}', /holds JSON without username, password, host and dbname/],
  ])('that %s is named, and what it holds is not', async (_what, value, message) => {
    if (value === undefined) delete process.env['MILLRACE_TEST_URL']
    else process.env['MILLRACE_TEST_URL'] = value
    const error = await resolveConnection({ env: 'MILLRACE_TEST_URL' }, "postgres 't'").then(
      () => new Error('nothing thrown'),
      (thrown: Error) => thrown,
    )
    expect(error.message).toMatch(message)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret')
  })

  it('is a URL, or what RDS keeps in a secret', async () => {
    process.env['MILLRACE_TEST_URL'] = 'postgres://me:pw@host:1/db'
    expect(await resolveConnection({ env: 'MILLRACE_TEST_URL' }, 'w')).toEqual({ connectionString: 'postgres://me:pw@host:1/db' })
    const rds = { username: 'me', password: 'p w', engine: 'postgres', host: 'h', port: 5433, dbname: 'd' }
    expect(await resolveConnection(() => JSON.stringify(rds), 'w')).toEqual({ user: 'me', password: 'p w', host: 'h', port: 5433, database: 'd' })
  })
})
