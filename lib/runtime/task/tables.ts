import { batchFile } from '../../output/table-names.ts'
import { operatorError } from '../../plan/draft-letters.ts'
import { MillraceError } from '../../values/errors.ts'
import type { Batch } from '../entries/batch.ts'
import type { Output } from '../entries/entry.ts'
import { taskLog } from '../entries/log-names.ts'
import { count, type Invocation } from '../invocation.ts'
import { must } from '../logs/read-log.ts'

/** What `prefix/_batches/<TIME>.json` says: the files of a batch, and that there are no others. */
export interface BatchFile {
  readonly batch: number
  readonly time: number
  readonly run: string
  readonly files: readonly { readonly name: string; readonly rows: number }[]
  readonly deadLetters: number
  readonly skipped: readonly string[]
}

/**
 * Throws OperatorError where a table holds this batch of another run of the job already: files of a run with more partitions would stay beside ours, and be counted by readers.
 * A run is known by its id, which every batch carries on.
 */
export async function checkTables(run: Invocation, batch: Batch, outputs: readonly Output[]): Promise<void> {
  const tables = outputs.filter(({ file }) => file === '')
  await Promise.all(
    tables.map(async ({ operator, directory }) => {
      const name = nameOf(run, directory, batch)
      const there = await run.ports.objects.get(name)
      const other = there === null ? undefined : (JSON.parse(Buffer.from(there).toString()) as BatchFile).run
      if (other === undefined || other === batch.entry.run) return
      const rule = `${name} was written by another run of the job (${other}; this one is ${batch.entry.run}), and its files would be counted beside those of this one`
      throw operatorError(
        operator,
        new MillraceError('INCOMPATIBLE_STATE', `${rule}: move the folder ${directory} aside, or take another prefix`),
        `cannot be written in batch ${batch.entry.time}`,
      )
    }),
  )
}

/** Says of the tables' batch which files it has. `tables`: `<stage> <prefix>`, of every stage that writes them. */
export async function closeTables(
  run: Invocation,
  batch: Batch,
  tables: readonly string[],
  about: Pick<BatchFile, 'batch' | 'time' | 'deadLetters' | 'skipped'>,
): Promise<void> {
  const stages = Map.groupBy(tables, (table) => table.slice(table.indexOf(' ') + 1))
  await Promise.all(
    [...stages].map(async ([directory, names]) => {
      const files = (await Promise.all(names.map((name) => filesOf(run, batch, name.slice(0, name.indexOf(' ')), directory)))).flat()
      const manifest: BatchFile = { ...about, run: batch.entry.run ?? '', files: files.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
      await run.ports.objects.put(nameOf(run, directory, batch), Buffer.from(`${JSON.stringify(manifest)}\n`))
      count(run, 'objectPuts')
    }),
  )
}

async function filesOf(run: Invocation, batch: Batch, stage: string, directory: string): Promise<BatchFile['files']> {
  const partitions = batch.entry.tasks.find(([uid]) => uid === stage)?.[1] ?? 0
  const entries = await must(
    run,
    'task',
    Array.from({ length: partitions }, (_, partition) => ({ log: taskLog(stage, partition), n: batch.number })),
  )
  return entries.flatMap(({ outputs }) =>
    outputs.flatMap((output) =>
      output.directory === directory && output.file !== undefined && output.file !== '' ? [{ name: output.file, rows: output.rows }] : [],
    ),
  )
}

function nameOf(run: Invocation, directory: string, batch: Batch): string {
  return `${run.settings.outputPrefix}${batchFile(directory, batch.entry.time)}`
}
