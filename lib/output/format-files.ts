import { isTable } from '../dstream/graph-builder.ts'
import type { FilesOutput } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import type { Formatted, FormatRequest } from './format-output.ts'
import { outputDirectory } from './output-directory.ts'
import { partitionFolder, tableFile } from './table-names.ts'
import { writeRows } from './write-rows.ts'

/** Files of one task and batch in directories of partitionBy: each is a put, and a table of so many is slow to list. */
export const MAX_FOLDERS = 100

/** Returns the bytes of an output's files: one in Spark's layout; in a table's layout what says which table they are part of, then one for each directory. */
export function formatFiles(output: FilesOutput, rows: readonly unknown[], { time, partition, refuse }: FormatRequest): readonly Formatted[] {
  const { format, prefix, layout, partitionBy } = output
  if (!isTable(output)) return [{ kind: 'file', directory: outputDirectory(prefix, time, output.suffix), ...writeRows(format, rows, refuse) }]
  const folders = new Map<string, unknown[]>()
  for (const row of rows) {
    let folder = ''
    try {
      if (partitionBy !== undefined) folder = partitionFolder(partitionBy(row))
    } catch (error) {
      refuse(row, error)
      continue
    }
    const found = folders.get(folder)
    if (found === undefined) folders.set(folder, [row])
    else found.push(row)
  }
  if (folders.size > MAX_FOLDERS)
    throw new MillraceError(
      'LIMIT_EXCEEDED',
      `partitionBy makes ${folders.size} directories of ${rows.length} rows; at most ${MAX_FOLDERS} per task and batch: partition by something coarser, or bring the rows of a directory together with a key and groupByKey, and more partitions`,
    )
  const files = [...folders].map(([folder, own]): Formatted => {
    const file = tableFile({ layout, folder, time, partition, suffix: format.suffix })
    return { kind: 'file', directory: prefix, file, ...writeRows(format, own, refuse) }
  })
  return [{ kind: 'file', directory: prefix, file: '', rows: 0, data: NOTHING }, ...files.filter(({ rows: n }) => n > 0)]
}

const NOTHING = new Uint8Array(0)
