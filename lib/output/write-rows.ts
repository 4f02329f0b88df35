import type { FileFormat } from '../formats/file-format.ts'

type Refuse = (row: unknown, error: unknown) => void

const NOTHING = new Uint8Array(0)

/** Returns the bytes that a format makes of rows. A row that it cannot hold goes to `refuse` and is left out. */
export function writeRows(
  format: Pick<FileFormat, 'prepare' | 'write'>,
  rows: readonly unknown[],
  refuse: Refuse,
): { readonly rows: number; readonly data: Uint8Array } {
  const good: unknown[] = []
  const prepared: unknown[] = []
  for (let i = 0; i < rows.length; i++) {
    try {
      prepared.push(format.prepare(rows[i]))
      good.push(rows[i])
    } catch (error) {
      refuse(rows[i], error)
    }
  }
  if (prepared.length === 0) return { rows: 0, data: NOTHING }
  try {
    return { rows: prepared.length, data: format.write(prepared) }
  } catch {
    // One of them is to blame: each is tried by itself.
    const rest = prepared.filter((one, i) => {
      try {
        format.write([one])
        return true
      } catch (error) {
        refuse(good[i], error)
        return false
      }
    })
    return { rows: rest.length, data: rest.length > 0 ? format.write(rest) : NOTHING }
  }
}
