// Holds the import directions of docs/architecture.md, and the size of files.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

// From the inside out: a file may import values from its own layer and from those above it in this list.
// Within the core (down to runtime) types may be imported in any direction: they are erased, and a port's shape belongs beside its port.
const layers = [
  'values',
  'codec',
  'formats',
  'decode',
  'sources',
  'rdd',
  'dstream',
  'program',
  'sketch',
  'ml',
  'graph',
  'sql',
  'output',
  'state',
  'plan',
  'runtime',
  'lambda',
  'query',
  'testing',
  'embedded',
  'aws',
  'tables',
  'sinks',
  'cdk',
  'tools',
  'ui',
  'cli',
] as const
type Layer = (typeof layers)[number]
const core: readonly Layer[] = layers.slice(0, layers.indexOf('lambda'))

// The rooms of a layer that has several, from who is asked to who decides: there no arrow runs back, not even of a type. A room may be one file.
const rooms = [
  'lib/runtime/ports/',
  'lib/runtime/entries/',
  'lib/runtime/runtime.ts',
  'lib/runtime/settings.ts',
  'lib/runtime/invocation.ts',
  'lib/runtime/logs/',
  'lib/runtime/invoker.ts',
  'lib/runtime/snapshot/',
  'lib/runtime/task/',
  'lib/runtime/batch/',
  'lib/runtime/receive/',
  'lib/runtime/',
  'lib/embedded/stores/',
  'lib/embedded/stopped.ts',
  'lib/embedded/pace.ts',
  'lib/embedded/views/',
  'lib/embedded/embedded-options.ts',
  'lib/embedded/inputs/',
  'lib/embedded/',
] as const

// The adapters know the ports and the core's values; only the tools join them.
const forbidden: { readonly [layer in Layer]?: readonly Layer[] } = {
  aws: ['testing', 'embedded'],
  cdk: ['testing', 'embedded'], // of aws only the names below
  embedded: ['lambda'],
  tools: ['cdk', 'testing'],
}

// What may be imported from outside, by layer; the core gets `core`.
const packages: { readonly [layer: string]: RegExp } = {
  core: /^node:(zlib|crypto|buffer|url|path|util|async_hooks)$/,
  formats: /^(hyparquet-writer$|node:zlib$)/,
  program: /^node:(fs|path|url|crypto)(\/promises)?$/, // asset() reads the files that travel with a job
  sql: /^node:(process|sqlite|crypto)$/,
  testing: /^node:(crypto|util|zlib|net|timers\/promises)$/,
  query: /^node:(sqlite|fs|path)(\/promises)?$/,
  embedded: /^node:/,
  aws: /^(node:|@aws-sdk\/|@smithy\/)/,
  sinks: /^(node:timers\/promises|pg|@platformatic\/kafka)$/,
  tables: /^(csv-parse\/sync|hyparquet)$/,
  cdk: /^(node:|aws-cdk-lib|constructs|esbuild$)/,
  ui: /^(node:|preact$|preact\/hooks$|htm$|uplot$)/,
  cli: /^node:/,
}

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => /\.m?ts$/.test(path))

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

function importsOf(from: string): Import[] {
  const code = read(from)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  const found = [
    ...code.matchAll(/^\s*(?<keyword>import|export)\s+(?<type>type\s)?(?<names>[^'";]*?\bfrom\s*)?'(?<to>[^']+)'/gm),
    ...code.matchAll(/\bimport\('(?<to>[^']+)'\)(?<type>\.[A-Z])?/g),
  ]
  return found.map(({ groups }) => {
    const names = groups!['names']
      ?.match(/^\{(.*)\}/s)?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    const to = groups!['to']!
    return {
      from,
      to: to.startsWith('.') ? relative(root, resolve(root, dirname(from), to)) : to,
      typeOnly: groups!['type'] !== undefined || (names !== undefined && names.every((name) => name.startsWith('type '))),
    }
  })
}

function layerOf(path: string): Layer {
  // The public entry stands in lib/ itself.
  const folder = path === 'lib/index.ts' ? 'program' : path.split('/')[1]
  const layer = layers.find((name) => name === folder)
  if (layer === undefined) throw new Error(`${path} is in no layer: add its folder to \`layers\` in this test`)
  return layer
}

/** Its place in `rooms`; -1: its layer has one room. */
const roomOf = (path: string): number => rooms.findIndex((room) => path.startsWith(room))

const lib = files('lib')
const imports = lib.flatMap(importsOf)
const inside = imports.filter(({ to }) => to.startsWith('lib/'))
const show = ({ from, to, typeOnly }: Import): string => `${from} imports ${typeOnly ? 'type ' : ''}${to}`

describe('imports', () => {
  it('sees them', () => {
    expect(imports.length).toBeGreaterThan(50)
    expect(imports.some(({ typeOnly }) => typeOnly)).toBe(true)
    expect(imports.some(({ to }) => to === 'node:zlib')).toBe(true)
  })

  it('go one way', () => {
    const wrong = inside.filter(({ from, to, typeOnly }) => {
      const [source, target] = [layerOf(from), layerOf(to)]
      if (forbidden[source]?.includes(target) === true) return true
      if (typeOnly && core.includes(source) && core.includes(target)) return false
      return layers.indexOf(target) > layers.indexOf(source)
    })
    expect(wrong.map(show)).toEqual([])
  })

  it('within a layer go from who decides to who is asked', () => {
    const wrong = inside.filter(({ from, to }) => layerOf(from) === layerOf(to) && roomOf(from) >= 0 && roomOf(to) > roomOf(from))
    expect(wrong.map(show)).toEqual([])
  })

  it('of values make no circle, in whatever room', () => {
    const next = new Map(lib.map((path) => [path, inside.filter(({ from, typeOnly }) => from === path && !typeOnly).map(({ to }) => to)]))
    const circles: string[] = []
    const done = new Set<string>()
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' > '))
      if (done.has(path) || trail.includes(path)) return
      for (const to of next.get(path) ?? []) walk(to, [...trail, path])
      done.add(path)
    }
    for (const path of lib) walk(path, [])
    expect(circles).toEqual([])
  })

  it('let the construct know the names that the functions read, and nothing else of aws', () => {
    const names = ['lib/aws/environment.ts', 'lib/aws/metrics.ts']
    expect(inside.filter(({ from, to }) => layerOf(from) === 'cdk' && layerOf(to) === 'aws' && !names.includes(to)).map(show)).toEqual([])
    expect(imports.filter(({ from, to }) => names.includes(from) && to.startsWith('@')).map(show)).toEqual([])
  })

  it('of other packages are those that the layer may have', () => {
    const outside = imports.filter(({ to }) => !to.startsWith('lib/'))
    const wrong = outside.filter(({ from, to }) => {
      const layer = layerOf(from)
      return !packages['core']!.test(to) && packages[layer]?.test(to) !== true
    })
    expect(wrong.map(show)).toEqual([])
  })

  it('never name the public entries, which are for users', () => {
    expect(inside.filter(({ from, to }) => to === 'lib/index.ts' && from !== 'lib/index.ts').map(show)).toEqual([])
  })

  it('never name tests', () => {
    const shipped = [...lib, ...files('functions'), ...files('bench')].flatMap(importsOf)
    expect(shipped.filter(({ to }) => to.startsWith('test/') || to === 'vitest' || to === 'fast-check').map(show)).toEqual([])
  })
})

describe('files', () => {
  const all = ['lib', 'functions', 'test', 'bench', 'localstack'].flatMap(files)

  it('over 300 lines give the reason at their top', () => {
    const long = all.map((path) => ({ path, lines: read(path).split('\n').length, head: read(path).slice(0, 600) })).filter(({ lines }) => lines > 300)
    const unexplained = long.filter(({ head }) => !/^\/\/ .*(long|lines).* because /im.test(head))
    expect(unexplained.map(({ path, lines }) => `${path}: ${lines} lines; begin it with "// This file is long because ..."`)).toEqual([])
  })

  it('of the core make no date of the clock', () => {
    const bad = lib.filter((path) => core.includes(layerOf(path)) && /new Date\(\)/.test(read(path)))
    expect(bad).toEqual([])
  })

  it('that ship have no syntax that the oldest Node does not know', () => {
    // package.json: engines. Node 22 strips types, and runs the rest as it is.
    expect(lib.filter((path) => /^\s*(await )?using \w+ =/m.test(read(path)))).toEqual([])
  })

  it('have kebab-case names', () => {
    expect(all.filter((path) => !/^[a-z0-9.-]+$/.test(path.split('/').at(-1)!))).toEqual([])
  })
})
