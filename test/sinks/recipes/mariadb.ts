import type { Sink } from 'millrace'
import mysql from 'mysql2/promise'

/** Appends pairs to a table of MariaDB: the batch's time is stored in the same transaction. */
export function mariadb(uri: () => string, table: string, name: string = table): Sink<readonly [string, number]> {
  // -FOUND_ROWS: a row that stays as it is counts as none. One connection: the locks and time-outs are its session's.
  const pool = mysql.createPool({ uri: uri(), connectionLimit: 1, flags: ['-FOUND_ROWS'] })
  return {
    name,
    guarantee: 'exactly-once',
    open: async () => {
      await pool.query(`create table if not exists millrace_batches (job varchar(64), run varchar(80), sink varchar(64), partitions int, part int, batch_time bigint not null,
        primary key (job, run, sink, partitions, part)) engine = InnoDB character set ascii collate ascii_bin`)
    },
    write: async (rows, { job, run, partitions, partition, time }) => {
      const connection = await pool.getConnection()
      try {
        // In seconds. A frozen function must not keep its locks; MySQL has wait_timeout for that.
        await connection.query('set session innodb_lock_wait_timeout = 20, idle_transaction_timeout = 2')
        await connection.beginTransaction()
        // The comparison is in the write, and the row stays locked until the end.
        const claim = 'insert into millrace_batches values (?, ?, ?, ?, ?, ?) on duplicate key update batch_time = greatest(batch_time, values(batch_time))'
        const [{ affectedRows }] = await connection.query<mysql.ResultSetHeader>(claim, [job, run, name, partitions, partition, time.milliseconds])
        if (affectedRows > 0 && rows.length > 0) await connection.query('insert into ?? values ?', [table, rows])
        await connection.commit()
        connection.release()
      } catch (error) {
        connection.destroy()
        throw error
      }
    },
  }
}
