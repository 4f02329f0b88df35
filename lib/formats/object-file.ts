import { encodeRows } from '../codec/rows.ts'
import { notInReceive } from '../values/in-receive.ts'
import type { FileFormat } from './file-format.ts'

/** Returns the format of files in Millrace's own encoding: every value that a row may hold comes back as it was. */
export function objectFile(): FileFormat<Record<never, never>> {
  return {
    name: 'object',
    suffix: 'millrace',
    bare: true,
    columns: undefined,
    params: {},
    prepare: (row) => row,
    write: import.meta.inReceive ? notInReceive : encodeRows,
  }
}
