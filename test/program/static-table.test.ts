import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { asset } from '../../lib/program/asset.ts'
import { contentHash } from '../../lib/values/content-hash.ts'
import type { Key } from '../../lib/values/key.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import { StaticTable } from '../../lib/program/static-table.ts'

type Pairs = readonly (readonly [Key, unknown])[]
const hash = (pairs: Pairs): string => contentHash(pairs, 'test')
const erased = (table: StaticTable<never, unknown>): StaticTable => table
const make = (name: string, load: () => unknown): StaticTable => erased(new StaticTable<never, unknown>(name, load as () => Promise<never[]>))

describe('the hash of a table', () => {
  it.each<[string, Pairs, Pairs]>([
    [
      'the order of pairs',
      [
        ['a', 1],
        ['b', 2],
      ],
      [
        ['b', 2],
        ['a', 1],
      ],
    ],
    ['the order of fields', [['a', { x: 1, y: 2 }]], [['a', { y: 2, x: 1 }]]],
    [
      'the order of a Map',
      [
        [
          'a',
          new Map([
            [1, 2],
            [3, 4],
          ]),
        ],
      ],
      [
        [
          'a',
          new Map([
            [3, 4],
            [1, 2],
          ]),
        ],
      ],
    ],
    ['the order of a Set', [['a', new Set([1, 2])]], [['a', new Set([2, 1])]]],
  ])('does not depend on %s', (_name, a, b) => expect(hash(a)).toBe(hash(b)))

  it.each<[string, Pairs, Pairs]>([
    ['a value', [['a', 1]], [['a', 2]]],
    ['a key', [['a', 1]], [['b', 1]]],
    ['a number and its text', [['a', 1]], [['a', '1']]],
    ['a number and a bigint', [['a', 1]], [['a', 1n]]],
    ['0 and -0', [['a', 0]], [['a', -0]]],
    ['the order of an array', [['a', [1, 2]]], [['a', [2, 1]]]],
    ['how arrays nest', [['a', [[1], 2]]], [['a', [1, [2]]]]],
    ['a missing field and undefined', [['a', {}]], [['a', { x: undefined }]]],
    ['which field holds what', [['a', { x: 1, y: 2 }]], [['a', { x: 2, y: 1 }]]],
    ['text that ends elsewhere', [['a', ['ab', 'c']]], [['a', ['a', 'bc']]]],
    ['lone surrogates', [['a', '\ud800']], [['a', '\ud801']]],
    ['a Date and its number', [['a', new Date(5)]], [['a', 5]]],
  ])('tells %s', (_name, a, b) => expect(hash(a)).not.toBe(hash(b)))

  it('refuses what is no data', () => expect(() => hash([['a', () => 1]])).toThrow('test holds a function'))
})

describe('a static table', () => {
  it('is loaded once, and compares keys by value', async () => {
    let loads = 0
    const table = new StaticTable('t', () => (loads++, Promise.resolve([[['a', 1], 'x']] as [[string, number], string][])))
    const loaded = await loadTables([table])
    expect([loaded.get('t')?.get(['a', 1]), loaded.get('t')?.get(['a', 2]), loaded.get('u'), table.get(['a', 1]), loads]).toEqual([
      'x',
      undefined,
      undefined,
      'x',
      1,
    ])
    expect([...(loaded.get('t')?.entries() ?? [])]).toEqual([[['a', 1], 'x']])
  })

  it.each<[string, () => unknown, string]>([
    ['fails', () => Promise.reject(new Error('no such file')), "static table 't' could not be loaded: no such file"],
    [
      'throws',
      () => {
        throw new Error('at once')
      },
      "static table 't' could not be loaded: at once",
    ],
    ['gives no iterable', () => Promise.resolve(7), "static table 't': its function returned 7; it must return an iterable of pairs"],
    ['gives no pairs', () => Promise.resolve([['a', 1], 'b']), 'static table \'t\' holds "b"; every element must be a pair'],
    ['gives an object as key', () => Promise.resolve([[{}, 1]]), 'a key is an object'],
  ])('says so when its function %s', async (_name, load, message) => {
    await expect(loadTables([make('t', load)])).rejects.toThrow(message)
  })
})

describe('an asset', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('is read from the bundle on Lambda, else from the folder of the project', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-asset-'))
    writeFileSync(join(folder, 'x.json'), '{"a":1}')
    writeFileSync(join(folder, 'bad.json'), '{')
    vi.stubEnv('LAMBDA_TASK_ROOT', folder)
    expect([await asset('x.json').json(), await asset('./x.json').text(), [...(await asset('x.json').bytes())].length]).toEqual([{ a: 1 }, '{"a":1}', 7])
    await expect(asset('bad.json').json()).rejects.toThrow("asset 'bad.json' is not JSON")
    await expect(asset('none.json').text()).rejects.toThrow(`asset 'none.json' cannot be read from ${join(folder, 'none.json')}`)
    vi.stubEnv('LAMBDA_TASK_ROOT', undefined)
    expect(await asset('package.json').text()).toContain('"name": "millrace"')
  })

  it.each(['', '/etc/passwd', '..', '../x', 'a/../../x'])('stays inside: %j', (path) => expect(() => asset(path)).toThrow('must be relative to the project'))
})
