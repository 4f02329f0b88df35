import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FileSource } from '../../dstream/node.ts'
import { rememberedBatches, selectFiles, type FileRule, type FoundFile } from '../../dstream/file-selection.ts'
import { MillraceError } from '../../values/errors.ts'
import type { KeptFiles, TakenFiles } from './kept-files.ts'
import { listFolder } from '../stores/list-folder.ts'
import { plainBytes } from './plain-bytes.ts'
import { recordCutter } from './record-cutter.ts'
import { MAX_RECORD_BYTES } from './read-lines.ts'
import { RecordSource, type Chunk } from './record-source.ts'
import type { RecordRule } from './record-rule.ts'

export interface FolderOptions {
  readonly intervalMs: number
  /** When the stream was made: files modified before are left alone, and the first batch ends after it. */
  readonly createdMs: number
  /** What was taken by this time was taken by a run that has finished. */
  readonly afterMs: number
  /** Goes on for ever, and waits for files; else what is there now is all. */
  readonly watch: boolean
  /** Names the partition key of a record. */
  readonly rule: RecordRule
  readonly kept: KeptFiles
  readonly warn: (text: string) => void
}

/**
 * Returns the source of a stream over a folder. The batch of time t takes what Spark's rule selects (selectFiles), and its records arrive at the beginning of that batch.
 * Files have the wall's times, so a batch is not looked for before the wall has reached it. What a batch takes is kept before anybody sees it.
 *
 *     wall     --|------ t - interval ------|---------- t ----|-->
 *     modified       taken by t - interval     taken by t     the folder is listed, and what it shows is good for every batch up to now
 */
export function folderSource(stream: string, source: FileSource, options: FolderOptions): RecordSource {
  let arrivalMs = 0
  const said = new Set<string>()
  // A folder that is missing is missing in every batch.
  const warn = (text: string): void => {
    if (!said.has(text)) options.warn(text)
    said.add(text)
  }
  const chunks = async function* (): AsyncGenerator<Chunk> {
    for await (const taken of takenFiles(source, { ...options, warn })) {
      if ('restUntilMs' in taken) yield taken
      else {
        arrivalMs = taken.timeMs - options.intervalMs
        yield taken.records
      }
    }
  }
  return new RecordSource(stream, chunks(), {
    dataTime: () => undefined,
    describe: (record, index) => ({ partitionKey: options.rule.describe(record, index)?.partitionKey ?? stream, arrivalMs }),
  })
}

async function* takenFiles(source: FileSource, options: FolderOptions): AsyncGenerator<TakenFiles | { readonly restUntilMs: number }> {
  const { intervalMs, createdMs, afterMs, watch, kept } = options
  const rule: FileRule = {
    batchMs: intervalMs,
    createdMs,
    newFilesOnly: source.newFilesOnly,
    ...(source.filter === undefined ? {} : { filter: source.filter }),
  }
  const remembered = rememberedBatches(intervalMs)
  const rememberMs = remembered * intervalMs
  const taken = new Map<string, number>()
  let nextMs = (Math.floor(createdMs / intervalMs) + 1) * intervalMs
  const take = ({ timeMs, paths }: TakenFiles): void => {
    for (const [path, at] of taken) if (at <= timeMs - rememberMs) taken.delete(path)
    for (const path of paths) taken.set(path, timeMs)
    nextMs = timeMs + intervalMs
  }
  for (const before of kept.all()) {
    take(before)
    if (before.timeMs > afterMs) yield before
  }
  // A run that does not watch takes its last batch before that is over. What came into its interval later is the next batch's, which an interval of a minute or more would find too old.
  const firstMs = taken.size > 0 ? nextMs : undefined
  const ruleAt = (at: number): FileRule => (at === firstMs ? { ...rule, remembered: remembered + 1 } : rule)
  for (;;) {
    const nowMs = Date.now()
    const files = list(source, options)
    // Without watching nothing comes later, so the batch that is going on is the last one; where a run before has had that one already, the next.
    const lastMs = watch ? Math.floor(nowMs / intervalMs) * intervalMs : Math.max(nextMs, Math.ceil(nowMs / intervalMs) * intervalMs)
    for (let at = firstWith(files, ruleAt, nextMs, taken); at !== undefined && at <= lastMs; at = firstWith(files, ruleAt, nextMs, taken)) {
      const paths: string[] = []
      const selected = selectFiles(files, ruleAt(at), at, new Set(taken.keys()))
      const some = await kept.keep(at, readFiles(selected, source, { ...options, taken: (path) => void paths.push(path) }), () => paths)
      take({ timeMs: at, paths, records: [] })
      if (some) yield* kept.batch(at)
    }
    nextMs = Math.max(nextMs, lastMs + intervalMs)
    if (!watch) return
    yield { restUntilMs: lastMs }
    await sleep(Math.max(0, nextMs - Date.now()))
  }
}

/** Returns the first batch from `fromMs` on that takes one of the files; undefined: none does. */
function firstWith(files: readonly FoundFile[], ruleAt: (at: number) => FileRule, fromMs: number, taken: ReadonlyMap<string, number>): number | undefined {
  const { batchMs } = ruleAt(fromMs)
  const times = files
    .map((file) => ({ file, at: Math.max(fromMs, Math.ceil(file.modifiedMs / batchMs) * batchMs) }))
    .filter(({ file, at }) => !taken.has(file.path) && selectFiles([file], ruleAt(at), at, new Set()).length > 0)
    .map(({ at }) => at)
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
}

function list({ directory }: FileSource, { warn }: FolderOptions): readonly FoundFile[] {
  try {
    return listFolder(directory)
  } catch (error) {
    // Spark's rule: a batch without files. The folder may yet appear.
    warn(`warning: the folder ${directory} cannot be listed (${(error as Error).message}); the batch has no files`)
    return []
  }
}

async function* readFiles(
  files: readonly FoundFile[],
  source: FileSource,
  { warn, taken }: FolderOptions & { readonly taken: (path: string) => void },
): AsyncGenerator<readonly Uint8Array[]> {
  for (const { path } of files) {
    try {
      yield* readFile(path, source)
      taken(path)
    } catch (error) {
      if (error instanceof MillraceError) throw error
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT')
        throw new MillraceError(
          'STORE_FAILED',
          `the file ${path} cannot be read (${message}): mend that, or move it out of the folder, and start again; the batch takes it then`,
          {
            cause: error,
          },
        )
      warn(`warning: the file ${path} was gone before it was read; it is passed over`)
    }
  }
}

async function* readFile(path: string, source: FileSource): AsyncGenerator<readonly Uint8Array[]> {
  const cutter = recordCutter(source)
  let count = 0
  const checked = (records: readonly Uint8Array[]): readonly Uint8Array[] => {
    for (const record of records) check(record.length, ++count)
    return records
  }
  const check = (sizeBytes: number, number: number): void => {
    if (sizeBytes > MAX_RECORD_BYTES)
      throw new MillraceError(
        'LIMIT_EXCEEDED',
        `${path}: record ${number} is longer than ${MAX_RECORD_BYTES} bytes (10 MiB), the most that a Kinesis record can hold; split it, or check that the file is text`,
      )
  }
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 256 * 1024 })
  for await (const chunk of source.recordLength === undefined ? plainBytes(chunks, path) : chunks) {
    yield checked(cutter.push(chunk))
    check(cutter.restBytes, count + 1)
  }
  yield checked(cutter.end())
}
