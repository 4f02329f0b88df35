import type { Columns } from '../../values/columns.ts'
import { POSTGRES_TYPES } from './column-arrays.ts'

/** What a table has that rows are overwritten in: of which run and batch a row is. */
export const RUN = 'millrace_run'
export const TIME = 'millrace_time'

export interface Statements {
  /** The table, as `to_regclass` takes it. */
  readonly table: string
  readonly createTable: string
  /** Of what has been written; only where rows are appended. */
  readonly batches: string
  readonly createBatches: string
  /** (job, run, sink, partitions, partition, batch time): a row where the batch is newer than what has been written. It locks the row until the transaction ends. */
  readonly claim: string
  /** An array for each column; where rows are overwritten then run and batch time. */
  readonly insert: string
  /** Columns that the table must have, by name, with their types. */
  readonly needs: Readonly<Record<string, string>>
}

/** Returns the SQL of a sink. */
export function statements({ table, columns, keyed }: { readonly table: string; readonly columns: Columns; readonly keyed: boolean }): Statements {
  const parts = table.split('.')
  const quoted = parts.map(quote).join('.')
  const batches = [...parts.slice(0, -1), 'millrace_batches'].map(quote).join('.')
  const names = Object.keys(columns)
  const types = names.map((name) => POSTGRES_TYPES[columns[name] ?? 'text'])
  const own = names.map((name, i) => `${quote(name)} ${types[i]}`)
  const arrays = types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')
  const n = names.length
  const overwrite = [...names.filter((name) => name !== 'key'), RUN, TIME].map((name) => `${quote(name)} = excluded.${quote(name)}`).join(', ')
  return {
    table: quoted,
    createTable: `create table if not exists ${quoted} (${(keyed ? [...own.map((column, i) => (names[i] === 'key' ? `${column} primary key` : column)), `${RUN} text not null`, `${TIME} bigint not null`] : own).join(', ')})`,
    batches,
    createBatches: `create table if not exists ${batches} (job text, run text, sink text, partitions integer, partition integer, batch_time bigint not null, primary key (job, run, sink, partitions, partition))`,
    claim: `insert into ${batches} as b (job, run, sink, partitions, partition, batch_time) values ($1, $2, $3, $4, $5, $6) on conflict (job, run, sink, partitions, partition) do update set batch_time = excluded.batch_time where b.batch_time < excluded.batch_time returning 1`,
    insert: keyed
      ? `insert into ${quoted} as t (${names.map(quote).join(', ')}, ${RUN}, ${TIME}) select u.*, $${n + 1}::text, $${n + 2}::bigint from unnest(${arrays}) u on conflict (${quote('key')}) do update set ${overwrite} where (t.${RUN} collate "C", t.${TIME}) < (excluded.${RUN} collate "C", excluded.${TIME})`
      : `insert into ${quoted} (${names.map(quote).join(', ')}) select * from unnest(${arrays})`,
    needs: { ...Object.fromEntries(names.map((name, i) => [name, types[i] ?? 'text'])), ...(keyed ? { [RUN]: 'text', [TIME]: 'bigint' } : {}) },
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
