// A run ends when all that it received is in a batch and all batches are finished, and at no other time.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type EmbeddedOptions, runEmbedded, type RunSummary } from '../../lib/embedded/index.ts'
import { defineJob, seconds, text, type Job } from '../../lib/index.ts'
import { startNode } from './cli.ts'

const START = 1_770_000_000_000

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-ends-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const copy = (maxRatePerPartition?: number, numPartitions = 1): Job =>
  defineJob({ name: 'copy', batchInterval: seconds(5), numPartitions, ...(maxRatePerPartition === undefined ? {} : { maxRatePerPartition }) }, (ssc) => {
    ssc.kinesisStream('in', text()).saveAsTextFiles('out')
  })

let runs = 0
async function run(job: Job, lines: readonly string[], options: EmbeddedOptions): Promise<{ readonly summary: RunSummary; readonly out: readonly string[] }> {
  const at = join(folder, `run-${runs++}`)
  const path = `${at}.txt`
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  const output = join(at, 'out')
  const summary = await runEmbedded(job, { startMs: START, inputs: { in: { path } }, state: join(at, 'state'), output, ...options })
  return { summary, out: linesIn(output) }
}

function linesIn(output: string): readonly string[] {
  return readdirSync(output, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('part-'))
    .flatMap((name) => readFileSync(join(output, name), 'utf8').split('\n').slice(0, -1))
}

it('takes in later batches what bounded ones have left', async () => {
  const lines = Array.from({ length: 25_000 }, (_, i) => String(i))
  const { summary, out } = await run(copy(1000), lines, { rate: 10_000 })
  expect(out.length).toBe(25_000)
  expect(summary).toMatchObject({ records: 25_000, batches: 3 })
})

it('puts out every line once, whatever bounds batches, and however many shards bring it', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        records: fc.integer({ min: 1, max: 400 }),
        bytes: fc.integer({ min: 1, max: 3000 }),
        maxRatePerPartition: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        maxBatchBytes: fc.option(fc.integer({ min: 1_000, max: 100_000 }), { nil: undefined }),
        shards: fc.integer({ min: 1, max: 8 }),
        partitions: fc.integer({ min: 1, max: 3 }),
        rate: fc.constantFrom(1, 7, 40, 1000),
        speed: fc.constantFrom(Infinity, Infinity, 100_000),
        drainMs: fc.constantFrom(0, 0, 12_000),
      }),
      async ({ records, bytes, maxRatePerPartition, maxBatchBytes, ...options }) => {
        const lines = Array.from({ length: records }, (_, i) => `${i} ${'x'.repeat((bytes * ((i * 7) % 10)) / 10)}`)
        const settings = maxBatchBytes === undefined ? {} : { maxBatchBytes }
        const { summary, out } = await run(copy(maxRatePerPartition), lines, { ...options, settings })
        expect(out.toSorted()).toEqual(lines.toSorted())
        expect(summary.records).toBe(records)
      },
    ),
    { numRuns: 40 },
  )
})

it('takes all of a file in a watched folder', async () => {
  const drop = join(folder, 'drop')
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(100)}`)
  mkdirSync(drop)
  writeFileSync(join(drop, 'a.txt'), `${lines.join('\n')}\n`)
  const job = defineJob({ name: 'folder', batchInterval: seconds(5) }, (ssc) => ssc.textFileStream(drop).saveAsTextFiles('out'))
  const output = join(folder, 'out')
  const { records } = await runEmbedded(job, {
    startMs: Date.UTC(2020, 0, 1),
    speed: Infinity,
    shards: 8,
    state: join(folder, 'state'),
    output,
    settings: { maxBatchBytes: 20_000 },
  })
  expect(linesIn(output).toSorted()).toEqual(lines.toSorted())
  expect(records).toBe(3000)
})

it('killed while it takes what is left, it ends as if it had not been', { timeout: 60_000 }, async () => {
  const lines = Array.from({ length: 60 }, (_, i) => String(i))
  const path = join(folder, 'in.txt')
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  const job = defineJob({ name: 'windows', batchInterval: seconds(5), maxRatePerPartition: 0.2 }, (ssc) => {
    ssc.kinesisStream('in', text()).window(seconds(20), seconds(10)).saveAsTextFiles('out')
  })
  const options = (name: string): EmbeddedOptions => ({
    startMs: START,
    inputs: { in: { path } },
    rate: 1,
    drainMs: 60_000,
    state: join(folder, name, 'state'),
    output: join(folder, name, 'out'),
  })
  await runEmbedded(job, options('whole'))
  let batches = 0
  const dies = new Error('dies')
  // 12 batches of 5 records arrive, and each takes one delivery: some batches come after the last arrival.
  for (const last of [3, 9, 12, 14, Infinity]) {
    const attempt = runEmbedded(job, {
      ...options('killed'),
      wrapPorts: (ports) => ({
        ...ports,
        log: {
          put: async (key, bytes, how) => {
            if (key.log === 'batch' && ++batches > last) throw dies
            return ports.log.put(key, bytes, how)
          },
          get: (key, how) => ports.log.get(key, how),
          getMany: (keys, how) => ports.log.getMany(keys, how),
          newest: (log) => ports.log.newest(log),
        },
      }),
    })
    if (last === Infinity) await attempt
    else await attempt.catch((error: unknown) => expect(error).toBe(dies))
  }
  const files = (name: string): readonly string[] => readdirSync(join(folder, name, 'out'), { recursive: true, encoding: 'utf8' }).sort()
  expect(files('killed')).toEqual(files('whole'))
  expect(linesIn(join(folder, 'killed', 'out')).toSorted()).toEqual(linesIn(join(folder, 'whole', 'out')).toSorted())
})

it('says what is left, and is an error, when it cannot go on', async () => {
  // Messages that start the tasks of several partitions are lost, all of them.
  const lost: EmbeddedOptions = {
    wrapPorts: (ports) => ({
      ...ports,
      messages: { send: (message, delayMs) => (message.kind === 'task' ? Promise.resolve() : ports.messages.send(message, delayMs)) },
    }),
  }
  await expect(run(copy(undefined, 2), ['a', 'b'], { ...lost, partitions: 2 })).rejects.toThrow(
    /cannot go on to its end: batch 0 \(time \d+ ms\) is not finished/,
  )
})

it('is exit code 1 then', { timeout: 60_000 }, async () => {
  const at = (name: string): string => JSON.stringify(join(folder, name))
  writeFileSync(join(folder, 'in.txt'), 'a\nb\n')
  const program = `
    import { runEmbedded } from 'millrace/embedded'
    import { defineJob, seconds, text } from 'millrace'
    const job = defineJob({ name: 'copy', batchInterval: seconds(5) }, (ssc) => ssc.kinesisStream('in', text()).saveAsTextFiles('out'))
    await runEmbedded(job, {
      inputs: { in: { path: ${at('in.txt')} } }, partitions: 2, state: ${at('state')}, output: ${at('out')},
      wrapPorts: (ports) => ({ ...ports, messages: { send: (m, ms) => m.kind === 'task' ? Promise.resolve() : ports.messages.send(m, ms) } }),
    })`
  const { code, stderr } = await startNode(['--conditions=millrace-source', '--input-type=module', '-e', program]).ended
  expect([code, stderr]).toEqual([1, expect.stringContaining('UNFINISHED')])
})
