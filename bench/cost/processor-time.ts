import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parseMessage } from '../../lib/lambda/message-json.ts'
import type { BatchResponse } from '../../lib/lambda/kinesis-handler.ts'
import { AwsWire } from '../aws-wire.ts'
import { AwsWorld, START_MS } from '../aws-world.ts'
import { PUBLISHED } from '../delays.ts'
import { LambdaProcess } from './lambda-process.ts'
import type { Load } from './measure-load.ts'
import { openWire } from './open-wire.ts'
import { record, wordCount } from './word-count.ts'

/** Of each function; invocations go to them at random. */
const PROCESSES = 2
/** The compiler's: so long, and with no more events a second. A process on Lambda lives for hours. */
const WARM_MS = 240_000
const WARM_PER_SECOND = 1_000
const SETTLE_MS = 20_000

export interface Bundles {
  readonly receive: string
  readonly run: string
}

/** Returns the bundles of a job that are deployed. `job`: its file's name in bench/functions. */
export async function bundleJob(job: string, folder: string): Promise<Bundles> {
  // Imported here: it brings the CDK with it, which nothing else needs.
  const { writeBundle } = await import('../../lib/cdk/bundle.ts')
  const write = (kind: 'receive' | 'run'): string => {
    const to = join(folder, job, kind)
    writeBundle(join(import.meta.dirname, '..', 'functions', `${job}.ts`), kind, to)
    return join(to, 'index.mjs')
  }
  return { receive: write('receive'), run: write('run') }
}

export interface ProcessorTime {
  /** ms per invocation, by function: all threads, the event's JSON included. */
  readonly cpuMs: Readonly<Record<'receive' | 'run', number>>
  readonly invocations: Readonly<Record<'receive' | 'run', number>>
}

/** Runs a load through the functions' own bundles in processes of their own, and returns what of the processor an invocation takes when they are warm. */
export async function processorTime(bundles: Bundles, load: Load, memoryMb: number): Promise<ProcessorTime> {
  const wire = new AwsWire()
  const { url, close } = await openWire(wire)
  const start = (kind: 'receive' | 'run'): readonly LambdaProcess[] =>
    Array.from({ length: PROCESSES }, () => new LambdaProcess({ kind, bundle: bundles[kind], url, memoryMb }))
  const processes = { receive: start('receive'), run: start('run') }
  try {
    const callable = (list: readonly LambdaProcess[]) =>
      list.map(
        (process) =>
          async (event: unknown, nowMs: number): Promise<BatchResponse> =>
            (await process.invoke(JSON.stringify(event), nowMs)).response as BatchResponse,
      )
    const world = new AwsWorld({
      job: wordCount(1),
      seed: 1,
      shards: load.shards,
      delays: PUBLISHED,
      handlers: { receive: callable(processes.receive), run: callable(processes.run) },
    })
    wire.onMessage = (body, delaySeconds) => world.send(parseMessage(body), delaySeconds)
    let produced = 0
    const produce = (): void => {
      const isWarm = world.time.now() > START_MS + WARM_MS
      for (let i = 0; i < (isWarm ? load.perSecond : Math.min(load.perSecond, WARM_PER_SECOND)) / 20; i++, produced++)
        world.put(record(produced, { words: 1, keys: load.keys }), `p${produced}`)
      world.time.after(50, produce)
    }
    world.time.after(1, produce)
    const read = (what: 'receive' | 'run') => ({
      cpuMs: processes[what].reduce((sum, process) => sum + process.cpuMs, 0),
      invocations: processes[what].reduce((sum, process) => sum + process.invocations, 0),
    })
    const begin = START_MS + WARM_MS + SETTLE_MS
    await world.runTo(begin)
    const before = { receive: read('receive'), run: read('run') }
    await world.runTo(begin + load.forMs)
    const grown = (what: 'receive' | 'run') => {
      const after = read(what)
      const invocations = after.invocations - before[what].invocations
      return { cpuMs: (after.cpuMs - before[what].cpuMs) / invocations, invocations }
    }
    const [receive, run] = [grown('receive'), grown('run')]
    const counted = countWords(wire)
    assert.ok(counted <= produced && counted > produced - 15 * load.perSecond, `${counted} of ${produced} words were counted`)
    return {
      cpuMs: { receive: receive.cpuMs, run: run.cpuMs },
      invocations: { receive: receive.invocations, run: run.invocations },
    }
  } finally {
    for (const process of [...processes.receive, ...processes.run]) process.close()
    close()
  }
}

function countWords(wire: AwsWire): number {
  let counted = 0
  for (const [path, bytes] of wire.objects()) {
    if (!/\/counts-\d+\/part-/.test(path)) continue
    for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) counted += (JSON.parse(line) as [string, number])[1]
  }
  return counted
}
