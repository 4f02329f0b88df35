// Executes the examples of the doc comments: `// a, b | c` after an expression says the rows of each batch; `nothing` is a batch without rows.
// After an output it says what is written: `// folder: line, line`, or what print shows.
import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import * as api from 'millrace'
import { expect, it } from 'vitest'
import { DStream } from '../../lib/dstream/dstream.ts'
import { runPlan } from '../plan/run-plan.ts'

interface Example {
  readonly name: string
  readonly source: string
  readonly code: string
  readonly expected: readonly string[] | undefined
}

const files = globSync('lib/{dstream,rdd}/*.ts').sort()
const examples = [...files, 'lib/program/streaming-context.ts', 'lib/program/static-table.ts'].flatMap((file) => examplesOf(file, readFileSync(file, 'utf8')))

/** Operators without a stream of rows to show: their examples are shown to be programs, no more. */
it('has an example in every primitive', () => {
  const primitives = files.filter((file) => /export function \w+Node\(/.test(readFileSync(file, 'utf8')) && !/(reduce-windowed|outputs|plot)\.ts/.test(file))
  expect(primitives.length).toBeGreaterThan(15)
  expect(primitives.filter((file) => !examples.some((example) => example.name.startsWith(file)))).toEqual([])
})

/** Compositions have one example per family: it stands at another member. */
const SHOWN_BY_FAMILY = new Set([
  'flatMapToPair',
  'keyBy',
  'countByWindow',
  'reduceByWindow',
  'groupByKeyAndWindow',
  'join',
  'rightOuterJoin',
  'fullOuterJoin',
  'leftOuterJoinTable',
  'saveAsObjectFiles',
])

it('says what every method of a DStream returns, and shows it', () => {
  const facade = readFileSync('lib/dstream/dstream.ts', 'utf8')
  const methods = [...facade.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}(\w+)[<(]/gm)]
  const operators = Object.getOwnPropertyNames(DStream.prototype).filter((name) => name !== 'constructor')
  expect(operators.filter((name) => !methods.some(([, , method]) => method === name))).toEqual([])
  expect(
    methods.filter(([, doc = '']) => !/Returns|Writes each batch|Shows the (first|rows)|Called after the batch|Spark's/.test(doc)).map(([, , name]) => name),
  ).toEqual([])
  const withExample = new Set(methods.filter(([, doc = '']) => doc.includes('@example')).map(([, , name]) => name))
  expect(operators.filter((name) => !withExample.has(name) && !SHOWN_BY_FAMILY.has(name))).toEqual([])
})

it.each(examples)('$name', async ({ code, expected }) => {
  const names = Object.keys(api)
  const body = stripTypeScriptTypes(`async function example(ssc) {\n${code}\n}`)
    .replace('async function example(ssc) {', '')
    .replace(/\}\s*$/, '')
  // In a block of its own: an example may call its stream as the API calls something.
  // oxlint-disable-next-line no-implied-eval -- the examples are our own source text
  const run = new Function('ssc', ...names, `{ ${body} }`) as (ssc: api.StreamingContext, ...values: unknown[]) => unknown
  let written = false
  const job = api.defineJob({ name: 'example', batchInterval: api.seconds(1) }, (ssc) => {
    const result = run(ssc, ...Object.values(api))
    written = result === undefined
    if (expected !== undefined && result !== undefined) (result as api.DStream<unknown>).foreachRDD(() => {}, { uid: 'result' })
    else if (result === undefined) ssc.queueStream([[]]).print(0)
    else (result as api.DStream<unknown>).print?.()
  })
  const { outputs, deadLetters } = await runPlan(job, {}, { batches: expected?.length ?? 1 })
  expect(deadLetters).toEqual([])
  if (written && expected !== undefined) return expect([shown(outputs[0])]).toEqual(expected)
  const rows = expected?.map((batch) =>
    rowsOf(batch)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  )
  if (rows !== undefined) expect(outputs.filter((output) => output.operator === 'result').map((output) => output.text)).toEqual(rows)
})

/** What an output writes in its first batch. */
function shown(output: { readonly directory: string; readonly text: string } | undefined): string {
  const lines = output?.text.split('\n').filter((line) => !/^-*$/.test(line)) ?? []
  return `${output?.directory === '' ? '' : `${output?.directory}: `}${lines.join(', ')}`
}

it('compile', { timeout: 60_000 }, async () => {
  // In the project, so that 'millrace' means what it means to its other programs.
  const folder = mkdtempSync('.examples-')
  try {
    const values = Object.keys(api).join(', ')
    const functions = examples.map(
      ({ source }, i) => `export function example${i}(ssc: StreamingContext): void {\n${source.replace(/^export default /m, 'void ')}\nvoid ssc\n}`,
    )
    const file = `import { ${values}, type State, type StreamingContext } from 'millrace'\nexport type S = State<never>\nvoid [${values}]\n${functions.join('\n')}\n`
    writeFileSync(join(folder, 'examples.ts'), file)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../tsconfig.json', include: ['examples.ts'] }))
    const errors = await new Promise<string>((resolve) =>
      execFile(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], (_error, stdout) => resolve(stdout)),
    )
    const lines = file.split('\n')
    expect(
      errors
        .split('\n')
        .map((error) => `${error} ${lines[Number(/\((\d+),/.exec(error)?.[1]) - 1] ?? ''}`.trim())
        .filter((error) => error !== ''),
    ).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function rowsOf(batch: string): readonly unknown[] {
  // oxlint-disable-next-line no-implied-eval -- the comment is our own source text
  return new Function(`return [${batch === 'nothing' ? '' : batch}]`)() as unknown[]
}

function examplesOf(file: string, source: string): readonly Example[] {
  return [...source.matchAll(/@example\n((?: *\* ?.*\n)+?) *\*\//g)].map(([, block = ''], i) => {
    const lines = block
      .split('\n')
      .map((line) => line.replace(/^ *\* ?/, ''))
      .filter((line) => line !== '')
    const expected = /\/\/ (.*)$/.exec(lines.at(-1) ?? '')?.[1]?.split(' | ')
    const last = lines.findLastIndex((line) => /^[\w]/.test(line))
    const code = lines.map((line, at) => (at === last && !/^(const|export) /.test(line) ? `return ${line}` : line)).join('\n')
    return { name: `${file} ${i + 1}`, source: lines.join('\n'), code, expected }
  })
}
