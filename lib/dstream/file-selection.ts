/** A file that stands directly in a watched directory. */
export interface FoundFile {
  readonly path: string
  readonly modifiedMs: number
}

/** Spark's rule which files a batch takes; see selectFiles. */
export interface FileRule {
  readonly batchMs: number
  /** When the stream was made, by its clock. */
  readonly createdMs: number
  /** Files modified before the stream was made are left alone. */
  readonly newFilesOnly: boolean
  /** How many batch intervals old a file may be at its batch's time. @default rememberedBatches(batchMs) */
  readonly remembered?: number
  /** @default names that do not begin with a dot */
  readonly filter?: (path: string) => boolean
}

/** spark.streaming.fileStream.minRememberDuration. */
const MIN_REMEMBER_MS = 60_000

/** Returns for how many batches the names of taken files are remembered: as many as make up a minute, at least one. */
export function rememberedBatches(batchMs: number, minRememberMs: number = MIN_REMEMBER_MS): number {
  return Math.ceil(minRememberMs / batchMs)
}

/**
 * Returns the files that the batch of `time` takes, in the order of modification, then name: those whose name passes the filter, that were not `taken` by a remembered batch, and that were modified
 * after the threshold and not after `time`. The threshold is the later of the stream's creation (0 unless newFilesOnly) and `time` minus what is remembered: older files count as taken.
 * The modification time decides, so files must appear whole (written elsewhere, then moved).
 */
export function selectFiles(files: readonly FoundFile[], rule: FileRule, time: number, taken: ReadonlySet<string>): readonly FoundFile[] {
  const { batchMs, createdMs, newFilesOnly, filter = isVisible, remembered = rememberedBatches(batchMs) } = rule
  const threshold = Math.max(newFilesOnly ? createdMs : 0, time - remembered * batchMs)
  return files
    .filter(({ path, modifiedMs }) => filter(path) && threshold < modifiedMs && modifiedMs <= time && !taken.has(path))
    .sort((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : Number(a.path > b.path)))
}

function isVisible(path: string): boolean {
  return !path.slice(path.lastIndexOf('/') + 1).startsWith('.')
}
