// The two functions as they are uploaded: what is in them, how large they are, and that they start.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { VARIABLES } from '../../lib/aws/environment.ts'
import { writeBundle } from '../../lib/cdk/bundle.ts'

const MAX_RECEIVE_BYTES = 100_000

const folder = mkdtempSync(join(tmpdir(), 'millrace-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isSdk = (path: string): boolean =>
  /node_modules\/(@aws-sdk|@smithy|@aws-crypto|@aws|tslib|uuid|bowser|fast-xml-parser|strnum|mnemonist|obliterator)\//.test(path)

function outputOf(metafile: Metafile): Metafile['outputs'][string] {
  const [output] = Object.entries(metafile.outputs)
    .filter(([path]) => path.endsWith('index.mjs'))
    .map(([, value]) => value)
  return output!
}

/** Of Millrace: not of the SDK, nor of the program and the packages that it brings (valibot). Millrace brings none. */
const ownBytes = (metafile: Metafile): number =>
  Object.entries(outputOf(metafile).inputs)
    .filter(([path]) => path.startsWith('lib/'))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)

describe('the bundles of worst-airports', () => {
  const receive = writeBundle('functions/worst-airports.ts', 'receive', join(folder, 'receive')).metafile!
  const run = writeBundle('functions/worst-airports.ts', 'run', join(folder, 'run')).metafile!

  it('leave nothing outside but Node.js', () => {
    for (const { imports } of [outputOf(receive), outputOf(run)]) {
      expect(imports.map(({ path }) => path.replace(/^node:/, '')).filter((path) => !builtinModules.includes(path))).toEqual([])
    }
  })

  it('hold no package but the SDK', () => {
    const packages = [receive, run]
      .flatMap((metafile) => Object.keys(outputOf(metafile).inputs))
      .filter((path) => path.includes('node_modules') && !isSdk(path))
    expect(packages).toEqual([])
  })

  it('hold neither tasks in receive, nor tests, the construct or embedded mode anywhere', () => {
    const inputs = (metafile: Metafile): string[] => Object.keys(outputOf(metafile).inputs)
    expect(inputs(receive)).not.toContain('lib/runtime/task/task.ts')
    expect(inputs(run)).toContain('lib/runtime/task/task.ts')
    expect([...inputs(receive), ...inputs(run)].filter((path) => /^(test|lib\/(cdk|embedded|testing|cli))/.test(path))).toEqual([])
  })

  it('carry the files of asset()', () => {
    const path = 'node_modules/vega-datasets/data/airports.csv'
    expect(readdirSync(join(folder, 'run')).sort()).toEqual(['index.mjs', 'index.mjs.map', 'node_modules'])
    for (const kind of ['receive', 'run']) expect(readFileSync(join(folder, kind, path))).toEqual(readFileSync(path))
  })

  it('leave progress and RDDs to run', () => {
    for (const path of ['lib/aws/dynamo-progress.ts', 'lib/rdd/rdd.ts']) {
      expect(Object.keys(outputOf(receive).inputs)).not.toContain(path)
      expect(Object.keys(outputOf(run).inputs)).toContain(path)
    }
  })

  it('are the same bytes every time', () => {
    writeBundle('functions/worst-airports.ts', 'receive', join(folder, 'again'))
    for (const name of ['index.mjs', 'index.mjs.map']) expect(readFileSync(join(folder, 'again', name))).toEqual(readFileSync(join(folder, 'receive', name)))
  })
})

describe(`the bundle of receive is under ${MAX_RECEIVE_BYTES} bytes without packages`, () => {
  it.each(['worst-airports', 'word-count', 'payments', 'sessions'])('%s', (job) => {
    const { metafile } = writeBundle(`functions/${job}.ts`, 'receive', join(folder, `size-${job}`))
    const largest = Object.entries(outputOf(metafile!).inputs)
      .filter(([path]) => !path.includes('node_modules/'))
      .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
      .slice(0, 5)
      .map(([path, { bytesInOutput }]) => `${path} ${bytesInOutput}`)
    expect(ownBytes(metafile!), `the largest: ${largest.join(', ')}`).toBeLessThan(MAX_RECEIVE_BYTES)
  })
})

describe('the bundles of a job with SQL and a table of a file', () => {
  const entry = 'test/cdk/jobs/sql-over-tables.ts'
  const receive = writeBundle(entry, 'receive', join(folder, 'sql-receive')).metafile!
  const run = writeBundle(entry, 'run', join(folder, 'sql-run')).metafile!
  const inputs = (metafile: Metafile): string[] =>
    Object.entries(outputOf(metafile).inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path)

  it('leave SQLite, the statement and the functions to run', () => {
    const computing = (metafile: Metafile): string[] =>
      inputs(metafile).filter((path) => /^lib\/(sql\/(functions|statement|check|tokens|open-sqlite)|sketch)/.test(path))
    // What rows need to fit a table is left.
    expect(computing(receive).filter((path) => !/functions\/(zone|timestamp)\.ts$/.test(path))).toEqual([])
    expect(computing(run).length).toBeGreaterThan(15)
  })

  it('carry the file, and no reader of other formats', () => {
    for (const kind of ['receive', 'run'])
      expect(readFileSync(join(folder, `sql-${kind}`, 'test/cdk/jobs/auctions.json'))).toEqual(readFileSync('test/cdk/jobs/auctions.json'))
    expect([...inputs(receive), ...inputs(run)].filter((path) => /csv-parse|hyparquet/.test(path))).toEqual([])
  })
})

describe('the bundles of a job with sinks', () => {
  const entry = 'functions/daily-totals.ts'
  const bundles = new Map((['receive', 'run'] as const).map((kind) => [kind, writeBundle(entry, kind, join(folder, `sinks-${kind}`)).metafile!]))
  const packages = (kind: 'receive' | 'run'): string[] => [
    ...new Set(
      Object.entries(outputOf(bundles.get(kind)!).inputs)
        .filter(([path, { bytesInOutput }]) => path.includes('node_modules') && bytesInOutput > 0 && !isSdk(path))
        .map(([path]) => /.*node_modules\/([^/]+)/.exec(path)![1]!),
    ),
  ]

  it('have the clients in run, and none in receive', () => {
    expect(packages('receive')).toEqual([])
    expect(packages('run')).toEqual(expect.arrayContaining(['pg', 'pg-protocol', 'hyparquet-writer']))
    expect(ownBytes(bundles.get('receive')!)).toBeLessThan(MAX_RECEIVE_BYTES)
  })

  it('have no client of a service that the program does not name', () => {
    const inputs = Object.keys(outputOf(bundles.get('run')!).inputs)
    expect(inputs.filter((path) => /secrets-manager|read-secret/.test(path))).toEqual([])
  })

  it('take a client along that cannot be bundled, in run alone, and find it there', { timeout: 60_000 }, () => {
    for (const kind of ['receive', 'run'] as const) {
      const place = join(folder, `kafka-${kind}`)
      writeBundle('test/cdk/jobs/to-kafka.ts', kind, place)
      expect(readdirSync(place).sort()).toEqual(kind === 'run' ? ['index.mjs', 'index.mjs.map', 'node_modules'] : ['index.mjs', 'index.mjs.map'])
      expect(/(from|import\()"@platformatic\/kafka"/.test(readFileSync(join(place, 'index.mjs'), 'utf8'))).toBe(kind === 'run')
    }
    const said = execFileSync(
      process.execPath,
      ['--input-type=module', '--eval', "const { Producer } = await import('@platformatic/kafka'); console.log(typeof Producer)"],
      {
        cwd: join(folder, 'kafka-run'),
        encoding: 'utf8',
      },
    )
    expect(said).toBe('function\n')
  })

  it('start by themselves, in a folder with nothing else in it', { timeout: 60_000 }, () => {
    const environment = {
      [VARIABLES.job]: 'daily-totals',
      [VARIABLES.table]: 't',
      [VARIABLES.bucket]: 'b',
      [VARIABLES.streams]: '{"orders":"arn:aws:kinesis:eu-west-1:1:stream/orders"}',
      [VARIABLES.ticksQueue]: 'https://sqs.eu-west-1.amazonaws.com/1/t',
      [VARIABLES.tasksQueue]: 'https://sqs.eu-west-1.amazonaws.com/1/r',
      [VARIABLES.deploy]: '1',
      [VARIABLES.batchingWindow]: '1',
      [VARIABLES.retention]: '2592000',
      [VARIABLES.taskTimeout]: '180',
      [VARIABLES.outputPrefix]: '',
      AWS_REGION: 'eu-west-1',
    }
    for (const kind of ['receive', 'run'] as const) {
      const said = execFileSync(
        process.execPath,
        ['--input-type=module', '--eval', "const { handler } = await import('./index.mjs'); console.log(typeof handler)"],
        {
          cwd: join(folder, `sinks-${kind}`),
          env: { PATH: process.env['PATH'], ...environment, [VARIABLES.function]: kind },
          encoding: 'utf8',
        },
      )
      expect(said).toBe('function\n')
    }
  })
})

it('an error of the program names its own file and line in the log, not those of the bundle', { timeout: 60_000 }, () => {
  const entry = 'test/cdk/jobs/strict.ts'
  const place = join(folder, 'strict')
  writeBundle(entry, 'receive', place, 'test/cdk/jobs/memory-ports.ts')
  const arn = 'arn:aws:kinesis:eu-west-1:1:stream/lines'
  const kinesis = { partitionKey: 'k', sequenceNumber: '7', data: Buffer.from('bad').toString('base64'), approximateArrivalTimestamp: 1_000 }
  const event = { Records: [{ kinesis, eventID: 'shardId-000000000000:7', eventSource: 'aws:kinesis', eventSourceARN: arn }] }
  const call = `const { handler } = await import('./index.mjs'); await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 60_000 }).catch(() => {})`
  const said = execFileSync(process.execPath, ['--enable-source-maps', '--input-type=module', '--eval', call], {
    cwd: place,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      [VARIABLES.job]: 'strict',
      [VARIABLES.table]: 't',
      [VARIABLES.bucket]: 'b',
      [VARIABLES.streams]: JSON.stringify({ lines: arn }),
      [VARIABLES.ticksQueue]: 'https://sqs.eu-west-1.amazonaws.com/1/t',
      [VARIABLES.deploy]: '1',
      [VARIABLES.batchingWindow]: '1',
      [VARIABLES.retention]: '2592000',
      [VARIABLES.taskTimeout]: '180',
      [VARIABLES.function]: 'receive',
      AWS_REGION: 'eu-west-1',
    },
  })
  const line =
    readFileSync(entry, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('throw')) + 1
  expect(said).toMatch(
    new RegExp(`failed on record 7 of lines/shardId-000000000000, .*RangeError: no bad lines \\(\\S*${entry.replaceAll('.', '\\.')}:${line}:\\d+\\)`),
  )
})
