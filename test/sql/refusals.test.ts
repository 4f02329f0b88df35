// What must be refused when a program is planned, with the place and what to write instead.
import { defineJob, seconds } from 'millrace'
import { sql, type SqlOptions, table } from 'millrace/sql'
import { describe, expect, it } from 'vitest'
import { planJob } from '../../lib/plan/plan-job.ts'
import { runBatches } from 'millrace/testing'

function plan(text: string, options: SqlOptions = {}, overrides: Parameters<typeof planJob>[1] = {}): void {
  const job = defineJob({ name: 'refused', batchInterval: seconds(1) }, (ssc) => {
    const bids = ssc.queueStream<{ readonly auction: number; readonly price: number; readonly channel: string; readonly at: Date }>([])
    const names = ssc.staticTable('names', async () => [[1, { name: 'lamp' }]])
    const columns = { auction: 'integer', price: 'real', channel: 'text', at: 'timestamp' } as const
    const tables = {
      bids: table(bids, columns),
      asks: table(
        bids.filter(() => true),
        columns,
      ),
      names: table(names, { key: 'integer', name: 'text' }),
    }
    sql(ssc, tables, text, options).print()
  })
  planJob(job, overrides)
}

describe('refused when planned', () => {
  it.each([
    ['select nope from bids', /no such column: nope \(line 1, column 8\): there are bids \(auction, price, channel, at\)/],
    ['select price\nfrom nope', /no such table: nope \(line 2, column 6\)/],
    ['select price from bids where', /incomplete input/],
    ['select price frm bids b', /near "bids": syntax error \(line 1, column 18\)/],
    ['', /empty/],
    ['select price from bids; select 1', /a second statement \(line 1, column 25\)/],
    ['delete from bids', /begins with 'delete'/],
    ['insert into bids values (1)', /begins with 'insert'/],
    ['with x as (select 1) delete from bids', /refused: a statement only reads/],
    ['pragma user_version', /begins with 'pragma'/],
    ["attach 'x' as y", /begins with 'attach'/],
    ['explain select price from bids', /begins with 'explain'/],
    ['select name from sqlite_master', /the table sqlite_master is refused/],
    ['select name from sqlite_schema', /the table sqlite_(schema|master) is refused/],
    ['select * from dbstat', /the table dbstat is refused/],
    ["select * from pragma_table_info('bids')", /the table pragma_table_info is refused/],
    ['select rowid from bids', /ROWID is refused.*order of loading/],
    ['select oid from bids', /ROWID is refused/],
    ['select random()', /the function random is refused.*sha2/],
    ['select price from bids order by random()', /the function random is refused/],
    ['select randomblob(2)', /randomblob is refused/],
    ['select changes()', /changes is refused.*another would not have/],
    ['select total_changes()', /total_changes is refused/],
    ['select last_insert_rowid()', /last_insert_rowid is refused/],
    ["select load_extension('x')", /load_extension/],
    ['select sqlite_version()', /sqlite_version is refused/],
    ['select current_timestamp', /current_timestamp.*batch_time\(\)/],
    ['select current_date', /current_date/],
    ["select date('now')", /'now' in date\(\) \(line 1, column 13\).*batch_time/],
    ["select strftime('%Y', 'NOW')", /'NOW' in strftime/],
    ["select datetime(at, 'localtime') from bids", /'localtime' in datetime.*timeZone/],
    ["select datetime(at, 'utc') from bids", /'utc' in datetime/],
    ['select date()', /without a time means the clock/],
    ["select strftime('%s')", /without a time means the clock/],
    ['select unix_timestamp()', /without a time means the clock/],
    ["select cast('2026-01-01' as timestamp)", /a cast to timestamp.*to_timestamp/],
    ['select cast(price as int) from bids', /a cast to int.*as integer/],
    ['select cast(price as varchar(3)) from bids', /a cast to varchar\(3\).*as text/],
    ['select cast(price as decimal(3, 2)) from bids', /a cast to decimal/],
    ['select price as a, auction as a from bids', /two columns 'a'/],
    ['select *, price from bids', /two columns 'price'/],
    ['select ? from bids', /the parameter \?/],
    ['select :a from bids', /the parameter :a/],
    ["select regexp('a', channel) from bids", /regexp as a function.*regexp_like/],
    ["select like('a', channel) from bids", /like as a function.*text like pattern/],
    ["select channel regexp '(?>a)' from bids", /atomic groups/],
    ["select regexp_extract(channel, 'a++', 0) from bids", /possessive/],
    ["select regexp_replace(channel, '\\p{Alpha}', '') from bids", /Java's names of classes/],
    ["select split(channel, '(?i)a') from bids", /\(\?i:/],
    ["select regexp_like(channel, '[a-z&&[^b]]') from bids", /intersections/],
    ["select regexp_like(channel, '\\Qa\\E') from bids", /quoting/],
    ["select regexp_like(channel, '(') from bids", /is none/],
    ["select date_format(at, 'yyyy GG') from bids", /the letter G/],
    ['select nvl(1) from bids', /nvl got 1 arguments.*it takes 2/],
    ['select count_if(1, 2) from bids', /count_if got 2 arguments/],
    ['select nvl(price, 1) over () from bids', /nvl\(\) may not be used as a window function/],
    ["select channel rlike 'a' from bids", /rlike is not SQLite's.*regexp/],
    ['select price div 2 from bids', /div is not SQLite's.*cast\(a \/ b as integer\)/],
    ['select price <=> 2 from bids', /<=> is not SQLite's.*a is b/],
    ['select price from bids qualify row_number() over (order by price) = 1', /qualify is not SQLite's.*subquery/],
    ['select sum(price) from bids group by rollup(auction)', /rollup.*union all/],
    ['select sum(price) from bids group by all', /group by all.*name the columns/],
    ['select explode(channel) from bids', /explode.*json_each/],
    ['select a.price from bids a left semi join asks b on a.auction = b.auction', /left semi join.*exists/],
    ['select a.price from bids a left anti join asks b on a.auction = b.auction', /anti join.*not exists/],
    ["select at + interval '1' hour from bids", /an interval literal.*datetime/],
    ["select price from bids where at > timestamp '2026-01-01'", /a timestamp literal/],
    ['select * except (price) from bids', /\* except.*name the columns/],
    ['select try_cast(price as integer) from bids', /try_cast/],
    ['select "text" from bids', /no such column: "?text/],
    ['select fooo(1)', /no such function: fooo \(line 1, column 8\)/],
    ['select initcapp(channel) from bids', /no such function: initcapp.*there are initcap/],
  ] as const)('%s', (text, error) => {
    expect(() => plan(text)).toThrow(error)
  })
  it('by options', () => {
    expect(() => plan('select price from bids', { returns: { nope: 'text' } })).toThrow(/returns declares 'nope', which the result has not: it has price/)
    expect(() => plan('select price from bids', { returns: { price: 'int' as never } })).toThrow(/it is one of integer/)
    expect(() => plan('select price from bids', { timeZone: 'Mars' })).toThrow(/IANA name/)
    expect(() => plan('select f(price) from bids', { functions: { f: async () => 1 } })).toThrow(/asynchronous/)
    expect(() => plan('select nvl(price) from bids', { functions: { nvl: () => 1 } })).toThrow(/there is a function nvl already/)
    expect(() => plan('select price from bids', { numPartitions: 2 })).toThrow(/give partitionBy, too/)
    expect(() => plan('select price from bids', { partitionBy: 'nope' })).toThrow(/which the table 'bids' has not/)
    expect(() => plan('select price from bids', { partitionBy: 'at' })).toThrow(/declares as timestamp/)
  })
  it('not where only records are received: there SQLite is not opened', () => {
    expect(() => plan('select nope from bids', {}, { receiveOnly: true })).not.toThrow()
  })
  it.each([
    'select price from bids',
    'select * from bids a join asks b using (auction) where a.price > 1 group by a.channel',
    "select json_extract(value, '$.a') as a from bids, json_each('[1]')",
    'with recursive r(x) as (select 1 union all select x + 1 from r where x < 3) select x from r',
    'select price, row_number() over (partition by auction order by price) as n from bids',
    'select min_by(price, at) over (partition by auction order by price rows between 1 preceding and current row) as m from bids',
    'select [price] as `a b`, \'it\'\'s\' as "c""d" from bids -- ends here',
    "select channel from bids where channel not like 'a%' and channel regexp '^b' and not channel like ('x')",
    "select replace(channel, 'a', 'b') as r, mod(price, 2) as m, count(distinct auction) as n from bids group by 1",
    'select price from bids;',
    'values (1), (2)',
  ])('taken: %s', (text) => {
    expect(() =>
      plan(
        text.replace(
          'select * from bids a join asks b using (auction) where a.price > 1 group by a.channel',
          'select auction from bids a join asks b using (auction) where a.price > 1 group by a.channel',
        ),
      ),
    ).not.toThrow()
  })
})

describe('partition by partition', () => {
  const by = (text: string): void => plan(text, { partitionBy: 'auction' })
  it.each([
    ['select price from bids order by price', /order by/],
    ['select auction, (select max(p) from (select price as p from bids order by 1)) as m from bids', /order by|subquery/],
    ['select price from bids limit 1', /limit/],
    ['select distinct price from bids', /distinct/],
    ['select auction, count(distinct price) as n from bids group by auction', /distinct/],
    ['select price from bids union all select price from asks', /union/],
    ['select price from bids except select price from asks', /except/],
    ['select price from bids intersect select price from asks', /intersect/],
    ['with recursive r(x) as (select 1) select x from r', /recursive|with a list|common table/],
    ['select count(*) as n from bids', /count\(\) without group by/],
    ['select max(price) as m from bids', /max\(\) without group by/],
    ['select auction from bids where price > (select avg(price) from bids)', /subquery|avg/],
    ['select channel, sum(price) as s from bids group by channel', /group by that does not name/],
    ['select auction, sum(price) as s from bids group by 1', /group by that does not name/],
    ['select auction + 1 as a, sum(price) as s from bids group by auction + 1', /group by that does not name/],
    ['select channel as auction, sum(price) as s from bids group by auction', /as the name of something else/],
    ['select channel auction, sum(price) as s from bids group by auction', /as the name of something else/],
    ['select auction, s from (select channel as auction, price as s from bids) group by auction', /as the name of something else/],
    ['with c (auction) as (select channel from bids) select auction from c group by auction', /list of columns/],
    ['select a.price from bids a join asks b on a.price = b.price', /join between streams/],
    ['select a.price from bids a, asks b where a.auction = b.auction', /join between streams/],
    ['select a.price from bids a cross join asks b', /join between streams/],
    ['select a.price from bids a join asks b on a.auction = b.auction or a.price = b.price', /join between streams/],
    ['select b.auction, count(*) as n from bids a left join asks b on a.auction = b.auction group by b.auction', /behind a left join/],
    ['select a.price from bids a full join asks b on a.auction = b.auction', /full/],
    ['select a.price from bids a natural join asks b', /natural/],
    ['select sum(price) over () as s from bids', /partition by does not name/],
    ['select sum(price) over (partition by channel) as s from bids', /partition by does not name/],
    ['select sum(price) over w as s from bids window w as (order by price)', /partition by does not name/],
    ['select name from names', /begins with a static table/],
    ['select n.name, b.price from names n left join bids b on b.auction = n.key', /begins with a static table/],
    ['select 1 as one', /without from/],
    ['values (1)', /values/],
    ['select auction from bids where channel in (select channel from asks)', /subquery/],
  ] as const)('refused: %s', (text, error) => {
    expect(() => by(text)).toThrow(error)
    expect(() => by(text)).toThrow(/leave partitionBy out/)
  })
  it.each([
    'select price * 2 as p from bids where price > 1',
    'select auction, count(*) as n, max(price) as m from bids group by auction having n > 1',
    'select b.auction, channel, sum(price) as s from bids b group by channel, b.auction',
    'select auction, row_number() over (partition by auction order by price, channel) as n from bids',
    'select auction, rank() over w as n from bids window w as (partition by auction order by price)',
    'select a.auction, a.price, b.price as q from bids a join asks b on a.auction = b.auction and a.channel = b.channel',
    'select a.auction, count(*) as n from bids a left join asks b using (auction) group by a.auction',
    'select b.auction, n.name from bids b left join names n on n.key = b.auction',
    'select auction, best from (select auction as auction, max(price) as best from bids group by auction) where best > 1',
    'with c as (select auction, max(price) as m from bids group by auction) select c.auction, m from c',
    'select auction, min(price, 3) as m, (select name from names where key = auction) as name from bids',
  ])('taken: %s', (text) => {
    expect(() => by(text)).not.toThrow()
  })
  it('is compared with the whole batch by runBatches', async () => {
    const job = (f: (n: number) => number) =>
      defineJob({ name: 'apart', batchInterval: seconds(5) }, (ssc) => {
        const rows = ssc.queueStream([Array.from({ length: 12 }, (_, i) => ({ k: i % 5, v: i }))])
        sql(ssc, { rows: table(rows, { k: 'integer', v: 'real' }) }, 'select k, sum(f(v)) as s from rows group by k', {
          partitionBy: 'k',
          numPartitions: 4,
          functions: { f },
        }).saveAsJsonFiles('out')
      })
    const good = await runBatches(
      job((n) => n * 2),
      {},
    )
    // Sum of 2 i over i = k, k + 5, k + 10 below 12.
    expect(good.json('out')[0]?.rows).toEqual(
      expect.arrayContaining([
        { k: 0, s: 30 },
        { k: 1, s: 36 },
        { k: 2, s: 18 },
        { k: 3, s: 22 },
        { k: 4, s: 26 },
      ]),
    )
    // A function that keeps something sees other rows in a whole batch.
    let calls = 0
    await expect(
      runBatches(
        job((n) => n + calls++),
        {},
      ),
    ).rejects.toThrow(/partition by partition, and over the whole batch/)
  })
})
