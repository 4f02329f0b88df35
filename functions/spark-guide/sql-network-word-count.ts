// Spark's SqlNetworkWordCount: counts the words of each batch with SQL. Its DataFrame and temporary view are a table of the statement.
import { defineJob, seconds, text } from 'millrace'
import { sql, table } from 'millrace/sql'

export default defineJob({ name: 'sql-network-word-count', batchInterval: seconds(2) }, (ssc) => {
  const lines = ssc.kinesisStream('lines', text())
  const words = lines.flatMap((line) => line.split(' ')).map((word) => ({ word }))
  const wordCounts = sql<{ word: string; total: number }>(
    ssc,
    { words: table(words, { word: 'text' }) },
    'select word, count(*) as total from words group by word',
  )
  wordCounts.print()
})
