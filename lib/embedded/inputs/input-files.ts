import { existsSync, globSync } from 'node:fs'
import { MillraceError } from '../../values/errors.ts'
import { openInputFile, type InputFile, type Pipe } from './input-file.ts'

/** The files of one stream, in the order of their names: one after the other they are its records. */
export interface InputFiles {
  readonly files: readonly InputFile[]
  readonly records: number
  /** From record `from` on; all without it. */
  readonly lines: (from?: number) => AsyncIterable<readonly Uint8Array[]>
  /** Where a record stands, e.g. `access.log line 3`. */
  readonly placeOf: (index: number) => string
}

/** Opens what one stream reads: files, patterns such as `logs/*.gz`, or one pipe. */
export async function openInputFiles(paths: readonly string[]): Promise<InputFiles | Pipe> {
  const names = [...new Set(paths.flatMap(found))].sort()
  const files: InputFile[] = []
  for (const name of names) {
    const opened = await openInputFile(name)
    if (!('stdin' in opened)) files.push(opened)
    else if (names.length === 1) return opened
    else throw new MillraceError('USAGE', `--input ${name} is a pipe, which has no place among files: give a stream one pipe, or files`)
  }
  return inputFiles(files)
}

export function inputFiles(files: readonly InputFile[]): InputFiles {
  return {
    files,
    records: files.reduce((sum, file) => sum + file.records, 0),
    lines: async function* (from = 0) {
      let skip = from
      for (const file of files) {
        if (skip >= file.records) {
          skip -= file.records
          continue
        }
        for await (const lines of file.lines()) {
          if (skip < lines.length) yield skip === 0 ? lines : lines.slice(skip)
          skip = Math.max(0, skip - lines.length)
        }
      }
    },
    placeOf: (index) => {
      let line = index
      for (const { path, records } of files) {
        if (line < records) return `${path} line ${line + 1}`
        line -= records
      }
      return `line ${index + 1}`
    },
  }
}

function found(path: string): readonly string[] {
  if (existsSync(path) || !/[*?[{]/.test(path)) return [path]
  const paths = globSync(path)
  if (paths.length === 0) throw new MillraceError('USAGE', `--input ${path}: no file has such a name`)
  return paths
}
