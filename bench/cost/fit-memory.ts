import assert from 'node:assert/strict'
import { memoryShares } from '../../lib/runtime/settings.ts'
import { sqsEventOf } from '../../lib/testing/kinesis-event-of.ts'
import { AwsWire } from '../aws-wire.ts'
import { START_MS } from '../aws-world.ts'
import { kinesisEventJson } from '../kinesis-event.ts'
import { random } from '../random.ts'
import { LambdaProcess } from './lambda-process.ts'
import { openWire } from './open-wire.ts'
import type { Bundles } from './processor-time.ts'
import { INTERVAL_S } from './word-count.ts'

/** An event of 6 MB, as JSON. */
const RECORDS = 9_000
/** What a key takes in a state: its text, and an object (lib/state/bucket.ts). */
const KEY_BYTES = 100 + 120
/** Keys that come again at last: a state that is there is found. */
const AGAIN = 5_000
const TICK = JSON.stringify(sqsEventOf([{ id: 'tick', body: '{"kind":"tick"}' }]))

export interface Fit {
  readonly memoryMb: number
  /** MB of the process at its highest, or why it died. */
  readonly receive: number | string
  readonly run: number | string
  readonly keys: number
  readonly batches: number
}

/**
 * Runs the worst that a function's memory must hold, with the heap that Lambda would give it: receive gets events of 6 MB one after the other, all keys new;
 * run then works off the lag of all of them, in batches at their bound, into a state that grows to nine tenths of what one task may hold.
 */
export async function fitMemory(bundles: Bundles, memoryMb: number): Promise<Fit> {
  const wire = new AwsWire()
  const events = Math.floor((0.9 * memoryShares(memoryMb * 1024 * 1024).maxTaskBytes) / (KEY_BYTES * RECORDS))
  const nowMs = START_MS + INTERVAL_S * 1_000
  const receive = await peak(bundles.receive, { kind: 'receive', memoryMb, wire }, async (process) => {
    for (let i = 0; i < events; i++) await process.invoke(kinesisEventJson(lines(i * RECORDS, RECORDS), START_MS / 1_000, i * RECORDS), nowMs)
  })
  let ticks = 0
  const run = await peak(bundles.run, { kind: 'run', memoryMb, wire }, async (process) => {
    const tick = async (): Promise<void> => {
      assert.ok(++ticks < 100, `the batches do not come to an end: ${process.output}`)
      await process.invoke(TICK, nowMs + ticks * 60_000)
    }
    let batches = -1
    while (batches < batchesOf(wire)) {
      batches = batchesOf(wire)
      await tick()
    }
    const again = new LambdaProcess({ kind: 'receive', bundle: bundles.receive, url: process.url, memoryMb })
    await again.invoke(kinesisEventJson(lines(0, AGAIN), START_MS / 1_000 + 60 * ticks, events * RECORDS), nowMs + ticks * 60_000).finally(() => again.close())
    // The batch of what came again.
    while (batchesOf(wire) === batches) await tick()
  })
  if (typeof receive === 'number' && typeof run === 'number')
    assert.equal(rowsOf(wire), AGAIN, `${AGAIN} keys came again, and with ${memoryMb} MB other ones were found`)
  return { memoryMb, receive, run, keys: events * RECORDS, batches: batchesOf(wire) }
}

/** Returns lines of about 100 bytes that do not repeat and hardly compress. */
function lines(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const next = random(from + i)
    return `${from + i}/${Array.from({ length: 8 }, () => Math.floor(next() * 2 ** 48).toString(36)).join('/')}`
  })
}

interface Peak {
  readonly kind: 'receive' | 'run'
  readonly memoryMb: number
  readonly wire: AwsWire
}

/** Returns what the process takes up at its highest, or why it died of it. Throws where the work fails for another reason. */
async function peak(bundle: string, { kind, memoryMb, wire }: Peak, work: (process: LambdaProcess) => Promise<void>): Promise<number | string> {
  const { url, close } = await openWire(wire)
  const process = new LambdaProcess({ kind, bundle, url, memoryMb })
  try {
    await work(process)
    return process.rssMb
  } catch (error) {
    if (!process.isDead) throw error
    return error instanceof Error ? error.message : String(error)
  } finally {
    process.close()
    close()
  }
}

function batchesOf(wire: AwsWire): number {
  return [...wire.objects()].filter(([path]) => path.endsWith('/_SUCCESS')).length
}

function rowsOf(wire: AwsWire): number {
  return [...wire.objects()].reduce(
    (sum, [path, bytes]) => sum + (/\/again-\d+\/part-/.test(path) ? Buffer.from(bytes).toString().trimEnd().split('\n').length : 0),
    0,
  )
}
