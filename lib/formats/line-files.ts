import { notInReceive } from '../values/in-receive.ts'
import { toJson } from '../values/to-json.ts'
import { compressorOf, type Compression } from './compression.ts'
import type { FileFormat } from './file-format.ts'

export interface LineFileOptions {
  /** gzip ends the name in .gz, zstd in .zst. @default not compressed */
  readonly compress?: Compression
}

/** Returns the format of text files: strings as they are, everything else as JSON, a line each, in UTF-8. */
export function textFile(options: LineFileOptions = {}): FileFormat<Record<never, never>> {
  return lineFile('text', 'txt', options, import.meta.inReceive ? notInReceive : (row) => (typeof row === 'string' ? row : toJson(row)))
}

/** Returns the format of files of JSON, a line each, in UTF-8. A row that JSON would change without a word goes to the dead letters. */
export function jsonLinesFile(options: LineFileOptions = {}): FileFormat<Record<never, never>> {
  return lineFile('json', 'jsonl', options, import.meta.inReceive ? notInReceive : toJson)
}

function lineFile(name: string, suffix: string, options: LineFileOptions, lineOf: (row: unknown) => string): FileFormat<Record<never, never>> {
  const { ending, compress } = compressorOf(options.compress, name === 'text' ? 'textFile' : 'jsonLinesFile')
  return {
    name,
    suffix: `${suffix}${ending}`,
    bare: ending === '',
    columns: undefined,
    params: { compress: options.compress ?? null },
    prepare: import.meta.inReceive ? notInReceive : lineOf,
    write: import.meta.inReceive ? notInReceive : (lines) => compress(Buffer.from(`${lines.join('\n')}\n`)),
  }
}
