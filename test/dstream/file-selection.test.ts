import { describe, expect, it } from 'vitest'
import { textFileNode, binaryRecordsNode } from '../../lib/dstream/file-input.ts'
import type { InputNode } from '../../lib/dstream/node.ts'
import { recordCutter } from '../../lib/embedded/inputs/record-cutter.ts'
import { selectFiles, type FileRule } from '../../lib/dstream/file-selection.ts'

const RULE: FileRule = { batchMs: 1000, createdMs: 100_000, newFilesOnly: true }

describe('which files a batch takes', () => {
  it.each<[string, { readonly path?: string; readonly modifiedMs: number }, Partial<FileRule>, number, readonly string[], boolean]>([
    ['one that is new', { modifiedMs: 100_500 }, {}, 101_000, [], true],
    ['one modified at the batch time', { modifiedMs: 101_000 }, {}, 101_000, [], true],
    ['one modified after it', { modifiedMs: 101_001 }, {}, 101_000, [], false],
    ['one modified when the stream was made', { modifiedMs: 100_000 }, {}, 101_000, [], false],
    ['one older than the stream', { modifiedMs: 99_999 }, {}, 101_000, [], false],
    ['an older one, where these are asked for', { modifiedMs: 99_999 }, { newFilesOnly: false }, 101_000, [], true],
    ['one at the end of what is remembered', { modifiedMs: 140_000 }, {}, 200_000, [], false],
    ['one within what is remembered', { modifiedMs: 140_001 }, {}, 200_000, [], true],
    ['one that was taken', { modifiedMs: 100_500 }, {}, 102_000, ['dir/file'], false],
    ['a hidden one', { path: 'dir/.file', modifiedMs: 100_500 }, {}, 101_000, [], false],
    ['one in a hidden folder', { path: '.dir/file', modifiedMs: 100_500 }, {}, 101_000, [], true],
    ['a hidden one, where the filter lets it', { path: 'dir/.file', modifiedMs: 100_500 }, { filter: () => true }, 101_000, [], true],
  ])('%s', (_name, { path = 'dir/file', modifiedMs }, more, time, taken, expected) => {
    expect(selectFiles([{ path, modifiedMs }], { ...RULE, ...more }, time, new Set(taken)).length > 0).toBe(expected)
  })

  it('orders them by time, then name', () => {
    const files = [
      ['b', 3],
      ['a', 3],
      ['c', 1],
    ].map(([path, ms]) => ({ path: String(path), modifiedMs: 100_000 + Number(ms) }))
    expect(selectFiles(files, RULE, 101_000, new Set()).map(({ path }) => path)).toEqual(['c', 'a', 'b'])
  })
})

it.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\nb\r\nc\rd', ['a', 'b', 'c', 'd']],
  ['\n\na\n', ['', '', 'a']],
])('takes the lines of %j', (content, lines) => {
  const records = recordsOf(textFileNode('s', 'dir', undefined, 1000), Buffer.from(content))
  expect(records.map((line) => Buffer.from(line).toString())).toEqual(lines)
})

it('refuses a file that is not made of records', () => {
  const node = binaryRecordsNode('s', 'dir', 4, undefined, 1000)
  expect(recordsOf(node, new Uint8Array(8))).toHaveLength(2)
  expect(() => recordsOf(node, new Uint8Array(7))).toThrow('has 7 bytes, which is no multiple of the record length 4')
})

/** Byte by byte: the chunks of a file may end anywhere. */
function recordsOf({ files }: InputNode, content: Uint8Array): readonly Uint8Array[] {
  const cutter = recordCutter(files!)
  const records = Array.from(content, (byte) => cutter.push(Uint8Array.of(byte))).flat()
  return [...records, ...cutter.end()]
}
