import { expect, it } from 'vitest'
import { defineJob, seconds, text } from 'millrace'
import { BatchRecorder } from '../../../lib/embedded/views/batch-recorder.ts'
import { planJob } from '../../../lib/plan/plan-job.ts'

const job = defineJob({ name: 'recorded', batchInterval: seconds(1) }, (ssc) => ssc.kinesisStream('lines', text()).countByValue().print())

it('notes the times of the wall, and what waits, from arrival to finish', () => {
  let wall = 1_000
  const plan = planJob(job)
  const { uid } = plan.stages[0]!
  const recorder = new BatchRecorder({ plan, deploy: 1, wallMs: () => wall, wallOf: (streamMs) => streamMs + 500 })
  const at = (ms: number, event: string, fields: Record<string, unknown>): void => {
    wall = ms
    recorder.observe({ event, batch: 0, ...fields })
  }
  recorder.delivered('lines', 3)
  wall = 1_200
  recorder.delivered('lines', 4)
  expect(recorder.oldestWaitingMs).toBe(1_000)
  // The batch takes the first three records; the others wait.
  at(1_500, 'allocated', { time: 900, records: { lines: 3 } })
  at(1_600, 'task', { stage: uid, partition: 0 })
  at(1_750, 'committed', { stage: uid, partition: 0, rowsIn: 2, keys: 5, stateBytes: 60 })
  at(1_800, 'published', { stage: uid, partition: 0, rowsOut: 1, changedKeys: 2 })
  expect(recorder.oldestWaitingMs).toBe(1_000)
  wall = 1_900
  const { figures, tasks } = recorder.finish(0, new Set(['dead s/0 2', 'skipped x']))!
  expect(figures).toMatchObject({ dueMs: 1_400, firstArrivalMs: 1_000, allocatedMs: 1_500, computedMs: 1_800, finishedMs: 1_900, records: { lines: 3 } })
  expect(figures).toMatchObject({ keys: 5, stateBytes: 60, computeMs: 200, deadLetters: 2, skipped: ['x'], tasksDone: 1 })
  expect(tasks).toEqual([{ stage: uid, partition: 0, beginMs: 1_600, endMs: 1_800, rowsIn: 2, rowsOut: 1, changedKeys: 2, keys: 5, stateBytes: 60 }])
  expect(recorder.oldestWaitingMs).toBe(1_200)
  expect(recorder.running).toEqual([])
})

it('makes up nothing of a batch that another process has allocated', () => {
  const recorder = new BatchRecorder({ plan: planJob(job), deploy: 1, wallMs: () => 10, wallOf: () => undefined })
  recorder.observe({ event: 'unfinished', batch: 4, time: 900, records: { lines: 7 } })
  const { figures } = recorder.finish(4, new Set())!
  expect(figures).toMatchObject({ batch: 4, dueMs: null, firstArrivalMs: null, allocatedMs: null, computeMs: null, finishedMs: 10, records: { lines: 7 } })
})
