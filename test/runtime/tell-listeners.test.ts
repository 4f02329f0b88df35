// What listeners hear: times and records follow from what was put and the interval; how often, from Spark's contract and from where a process died.
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type BatchInfo, type StreamingListener } from '../../lib/index.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'
import { tellListeners } from '../../lib/runtime/tell-listeners.ts'
import { FINISH } from '../../lib/runtime/entries/progress-names.ts'
import { runBatches } from '../../lib/testing/index.ts'
import { makeEngine } from './engine.ts'

const job = (...listeners: readonly StreamingListener[]): ReturnType<typeof defineJob> =>
  defineJob({ name: 'heard', batchInterval: seconds(5) }, (ssc) => {
    ssc.kinesisStream('lines', text()).saveAsTextFiles('lines')
    ssc.kinesisStream('others', text()).foreachRDD(() => {}, { uid: 'shop' })
    for (const listener of listeners) ssc.addStreamingListener(listener)
  })

/** Notes the name of each event. */
function noting(events: string[], batches: BatchInfo[] = []): StreamingListener {
  return {
    onBatchSubmitted: ({ batchInfo }) => events.push(`submitted ${batchInfo.batchTime.milliseconds} ${batchInfo.processingStartTime}`),
    onBatchStarted: ({ batchInfo }) => events.push(`started ${batchInfo.batchTime.milliseconds} ${batchInfo.processingEndTime}`),
    onOutputOperationStarted: ({ outputOperationInfo: { id } }) => events.push(`output ${id} started`),
    onOutputOperationCompleted: ({ outputOperationInfo: { id, description, failureReason } }) => events.push(`output ${id} ${description} ${failureReason}`),
    onBatchCompleted: ({ batchInfo }) => {
      events.push(`completed ${batchInfo.batchTime.milliseconds}`)
      batches.push(batchInfo)
    },
  }
}

describe('a listener', () => {
  it('hears the events of each batch in order, with what was put', async () => {
    const events: string[] = []
    const batches: BatchInfo[] = []
    await runBatches(job(noting(events, batches)), { lines: [['a', 'b'], ['c']], others: [['x']] })
    const of = (ms: number): string[] => [
      `submitted ${ms} null`,
      `started ${ms} null`,
      'output 0 started',
      'output 0 saveAsTextFiles null',
      'output 1 started',
      'output 1 foreachRDD null',
      `completed ${ms}`,
    ]
    expect(events).toEqual([...of(5_000), ...of(10_000)])
    expect(batches.map(({ numRecords }) => numRecords)).toEqual([3, 1])
    expect(batches[0]!.streamIdToInputInfo).toEqual({
      lines: { inputStreamId: 'lines', numRecords: 2 },
      others: { inputStreamId: 'others', numRecords: 1 },
    })
    for (const { batchTime, submissionTime, processingStartTime, processingEndTime, schedulingDelay, processingDelay, totalDelay } of batches) {
      expect(submissionTime).toBe(batchTime.milliseconds)
      expect(schedulingDelay).toBe(processingStartTime! - submissionTime!)
      expect(processingDelay).toBe(processingEndTime! - processingStartTime!)
      expect(totalDelay).toBe(processingEndTime! - submissionTime!)
    }
  })

  it('hears a batch again after a death between its outputs and its end, and never after its end', async () => {
    const events: string[] = []
    let deaths = 1
    const wrap = (ports: Ports): Ports => ({
      ...ports,
      progress: {
        get: (batch) => ports.progress.get(batch),
        add: (batch, item) => {
          if (item.names.includes(FINISH) && deaths-- > 0) throw new Error('killed')
          return ports.progress.add(batch, item)
        },
      },
    })
    const engine = makeEngine(job({ onBatchCompleted: ({ batchInfo }) => events.push(String(batchInfo.numRecords)) }), {}, wrap)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b'])
    await expect(engine.runTo(runtime, engine.clock.now() + 60_000)).rejects.toThrow('killed')
    expect(events).toEqual(['2'])
    const other = engine.process()
    for (let minute = 0; minute < 20; minute++) {
      await engine.tick(other)
      await engine.runTo(other, engine.clock.now() + 60_000)
    }
    expect(events).toEqual(['2', '2'])
  })

  it('that throws, or whose promise fails, stops neither the batch nor the others, and is a line of the log', async () => {
    const events: string[] = []
    const bad: StreamingListener = {
      onBatchStarted: () => {
        throw new Error('broken')
      },
      onBatchCompleted: () => Promise.reject(new Error('broken later')),
    }
    const run = await runBatches(job(bad, noting(events)), { lines: [['a']] })
    expect(run.text('lines')).toEqual([{ timeMs: 5_000, lines: ['a'] }])
    expect(events.at(-1)).toBe('completed 5000')
    expect(run.events.filter(({ event }) => event === 'warning').map(({ message }) => message)).toEqual([
      "a streaming listener's onBatchStarted failed in the batch of 1970-01-01T00:00:05.000Z: broken",
      "a streaming listener's onBatchCompleted failed in the batch of 1970-01-01T00:00:05.000Z: broken later",
    ])
  })

  it('that does not end is left behind after 5 s', async () => {
    const waits: number[] = []
    const warnings: string[] = []
    const tell = tellListeners(planJob(job({ onBatchCompleted: () => new Promise(() => {}) })), {
      sleep: (ms) => Promise.resolve(void waits.push(ms)),
      warn: (message) => warnings.push(message),
    })
    await tell!({ batch: 0, timeMs: 5_000, allocatedMs: 5_100, computedMs: 5_300, records: {}, skipped: [] })
    expect(waits).toEqual([5_000])
    expect(warnings).toEqual(['streaming listeners took longer than 5 s in the batch of 1970-01-01T00:00:05.000Z: they were left behind'])
  })

  it('hears why an output operation did not succeed, and no made-up 0 where there is no such time', async () => {
    const batches: BatchInfo[] = []
    const tell = tellListeners(planJob(job({ onBatchCompleted: ({ batchInfo }) => batches.push(batchInfo) })), {
      sleep: () => new Promise(() => {}),
      warn: () => {},
      wallOf: () => ({ dueMs: null, allocatedMs: 70, computedMs: 90 }),
    })
    await tell!({ batch: 0, timeMs: 5_000, allocatedMs: 5_100, computedMs: 5_300, records: { lines: 4 }, skipped: ['shop'] })
    expect(batches[0]).toMatchObject({
      numRecords: 4,
      submissionTime: null,
      processingStartTime: 70,
      processingEndTime: 90,
      schedulingDelay: null,
      processingDelay: 20,
      totalDelay: null,
    })
    expect(batches[0]!.outputOperationInfos.map(({ name, failureReason }) => [name, failureReason !== null])).toEqual([
      [expect.any(String), false],
      ['shop', true],
    ])
  })

  it.each<[what: string, listener: unknown, message: RegExp]>([
    ['is no object', () => {}, /addStreamingListener got .* it takes an object/],
    ['hears nothing', {}, /hears nothing; it takes one or more of onBatchSubmitted, /],
    ['hears what nobody tells', { onBatchCompleted: () => {}, onReceiverStarted: () => {} }, /onReceiverStarted would never be called: there are no receivers/],
    ['has no function', { onBatchCompleted: 'log' }, /onBatchCompleted is the string "log"; it must be a function/],
  ])('that %s is an error when the program is planned', (_what, listener, message) => {
    expect(() => planJob(job(listener as StreamingListener))).toThrow(message)
  })

  it('changes nothing of a program: no new deploy comes of it', () => {
    expect(planJob(job({ onBatchCompleted: () => {} })).fingerprint).toBe(planJob(job()).fingerprint)
    expect(tellListeners(planJob(job()), { sleep: () => Promise.resolve(), warn: () => {} })).toBeUndefined()
  })
})
