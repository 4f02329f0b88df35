import type { Columns } from '../values/columns.ts'

/** What a file holds, and how rows become its bytes. A value that runs anywhere: what does the work of a dear format is loaded by `load`. */
export interface FileFormat<C extends Columns = Columns> {
  /** As messages and the program's fingerprint name it: `csv`. */
  readonly name: string
  /** The end of a file's name: `jsonl.gz`. */
  readonly suffix: string
  /** The columns of a table; undefined: any row will do. */
  readonly columns: C | undefined
  /** What else makes its files what they are, for the fingerprint. */
  readonly params: Readonly<Record<string, string | number | boolean | null>>
  /** Spark's directory of a batch has no ending where files are of this format. */
  readonly bare?: boolean
  /** Awaited before the first use. */
  load?(): Promise<void>
  /** Returns what `write` takes of a row. Throws for a row that the format cannot hold: it goes to the dead letters. */
  prepare(row: unknown): unknown
  /** Returns the bytes of a file; the same for the same rows. Never called without rows. Where it throws, the rows are tried one by one, and those for which it throws go to the dead letters. */
  write(prepared: readonly unknown[]): Uint8Array
}
