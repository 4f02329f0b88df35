// Prints what functions of times give; run with several TZ by sql.test.ts.
import { defineJob, seconds } from 'millrace'
import { sql, table } from 'millrace/sql'
import { runBatches } from 'millrace/testing'

const job = defineJob({ name: 'times', batchInterval: seconds(1) }, (ssc) => {
  const rows = ssc.queueStream([[{ at: Date.UTC(2026, 6, 1, 12, 0, 0, 500), now: 'now', utc: 'localtime' }]])
  sql(
    ssc,
    { rows: table(rows, { at: 'timestamp', now: 'text', utc: 'text' }) },
    `select hour(at) as h, date(at) as d, datetime(at) as dt, date_trunc('day', at) as trunc, date_format(at, 'yyyy-MM-dd HH:mm') as fmt, strftime('%H:%M', at) as s, unixepoch(at) as u,
      datetime(at, '+1 hour') as later, datetime(now) as none, datetime(at, utc) as local from rows`,
  ).saveAsJsonFiles('out')
})
console.log(JSON.stringify((await runBatches(job, {})).json('out')[0]?.rows))
