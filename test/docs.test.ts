// The documents say what is there: links lead somewhere, commands exist, names are names of the API.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DStream, MapWithStateDStream } from '../lib/dstream/dstream.ts'
import { KeyState } from '../lib/dstream/state.ts'
import { StateSpec } from '../lib/dstream/state-spec.ts'
import { Duration } from '../lib/values/duration.ts'
import { Interval } from '../lib/values/interval.ts'
import { Rdd } from '../lib/rdd/rdd.ts'
import { StreamingContext } from '../lib/program/streaming-context.ts'
import { Time } from '../lib/values/time.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`)].filter(
  (path) => path.endsWith('.md'),
)

describe.each(pages)('%s', (page) => {
  it('has links that lead somewhere', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([])
  })

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(page).matchAll(/npm (?:run )?([a-z][a-z:]*)/g)]
      .map(([, name]) => name!)
      .filter((name) => !['ci', 'install', 'run', 'pack', 'and', 'init', 'pkg'].includes(name))
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it('names files that exist', () => {
    const named = [...read(page).matchAll(/`((?:lib|test|functions|bench|docs)\/[\w./-]+)`/g)].map(([, path]) => path!)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

describe('docs/from-spark.md', () => {
  const page = read('docs/from-spark.md')
  const section = (title: string): string => page.split(`\n## ${title}`)[1]!.split('\n## ')[0]!
  const right = (title: string): string[] =>
    section(title)
      .split('\n')
      .filter((row) => row.startsWith('|') && !row.startsWith('|---'))
      .slice(1)
      .flatMap((row) => [...row.split('|')[2]!.matchAll(/`(?:ssc\.)?([a-z]\w+)\(/g)].map(([, name]) => name!))

  it.each([
    ['DStream', [DStream.prototype, StreamingContext.prototype]],
    ['Pairs', [DStream.prototype, MapWithStateDStream.prototype, StateSpec.function(() => 1), KeyState.prototype]],
    ['Inputs', [StreamingContext.prototype]],
  ] as const)('names methods that exist under %s', (title, owners) => {
    const names = right(title).filter((name) => !['text', 'json', 'bytes', 'decode'].includes(name))
    expect(names.length).toBeGreaterThan(2)
    expect(names.filter((name) => !owners.some((owner) => name in owner))).toEqual([])
  })

  it('names all that a DStream has', () => {
    const methods = Object.getOwnPropertyNames(DStream.prototype).filter((name) => name !== 'constructor')
    expect(methods.filter((name) => !page.includes(`\`${name}`))).toEqual([])
  })

  it('names RDD operations that exist, and all of them', () => {
    const rows = section('RDD')
      .split('\n')
      .filter((row) => row.startsWith('|') && !/\| none[ :]/.test(row))
    const named = rows.flatMap((row) => [...row.matchAll(/`([a-z]\w+)[`(]/g)].map(([, name]) => name!)).filter((name) => name !== 'transform')
    expect(named.length).toBeGreaterThan(50)
    const methods = Object.getOwnPropertyNames(Rdd.prototype).filter((name) => name !== 'constructor')
    expect(named.filter((name) => !methods.includes(name))).toEqual([])
    expect(methods.filter((name) => !page.includes(`\`${name}`))).toEqual([])
  })

  it('names arithmetic that exists', () => {
    const names = [...section('Values').matchAll(/\.(\w+)\(d?\d?n?\)/g)].map(([, name]) => name!)
    expect(names.length).toBeGreaterThan(3)
    expect(names.filter((name) => ![Duration.prototype, Time.prototype, Interval.prototype].some((owner) => name in owner))).toEqual([])
  })
})

it("README's first program is functions/word-count.ts", () => {
  const [, program] = /```ts\n([\s\S]*?)```/.exec(read('README.md'))!
  expect(program).toBe(read('functions/word-count.ts'))
})

it('docs/embedded.md names the options of millrace run, all of them', async () => {
  const { runCommand } = await import('../lib/cli/run-command.ts')
  const named = (text: string): string[] => [...new Set([...text.matchAll(/(?:^ {2}|^\| `)(--[a-z-]+)/gm)].map(([, name]) => name!))].sort()
  expect(named(read('docs/embedded.md'))).toEqual(named(runCommand.help).filter((name) => name !== '--help'))
})
