import { expect, it } from 'vitest'
import { batchTrace } from '../../lib/tools/batch-trace.ts'
import type { BatchDetail } from '../../lib/tools/read-batch.ts'

const task = (partition: number, beginMs: number | null, endMs: number | null): BatchDetail['tasks'][number] => ({
  stage: 's',
  partition,
  beginMs,
  endMs,
  rowsIn: 5,
  rowsOut: 1,
  changedKeys: 1,
  keys: 1,
  stateBytes: 1,
  deploy: 1,
  attempt: 'a',
  changeBytes: 1,
  spilled: false,
  deadLetters: 0,
  outputs: [],
})

const detail: BatchDetail = {
  figures: {
    batch: 7,
    timeMs: 1e3,
    dueMs: 1e3,
    firstArrivalMs: 400,
    allocatedMs: 1200,
    computedMs: 1900,
    finishedMs: 2e3,
    records: { lines: 12 },
    tasks: 2,
    tasksDone: 2,
    computeMs: 900,
    outputRows: 2,
    keys: 1,
    stateBytes: 1,
    deadLetters: 0,
    outputs: 1,
    outputsDone: 1,
    skipped: [],
    failure: null,
    deploy: 1,
  },
  attempt: 'id-of-the-entry',
  renewal: false,
  inputs: [],
  outputs: [],
  outputsLeftOut: 0,
  tasks: [task(0, 1200, 1700), task(1, 1500, 1900), task(2, null, 1900)],
}

const spansOf = (job: string, of: BatchDetail): ReturnType<typeof batchTrace>['resourceSpans'][0]['scopeSpans'][0]['spans'] =>
  batchTrace(job, of).resourceSpans[0]!.scopeSpans[0]!.spans

it('has a span for the batch, its wait, each task whose times are known, and its end', () => {
  expect(spansOf('j', detail).map(({ name, startTimeUnixNano, endTimeUnixNano }) => [name, startTimeUnixNano, endTimeUnixNano])).toEqual([
    ['batch', '400000000', '2000000000'],
    ['wait', '400000000', '1200000000'],
    ['task s/0', '1200000000', '1700000000'],
    ['task s/1', '1500000000', '1900000000'],
    ['finish', '1900000000', '2000000000'],
  ])
})

it('has ids of the length that OTLP wants, all below the batch, and the same whoever computes them', () => {
  const [batch, ...rest] = spansOf('j', detail)
  expect(batch!.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(batch!.parentSpanId).toBeUndefined()
  for (const span of rest) expect(span).toMatchObject({ traceId: batch!.traceId, parentSpanId: batch!.spanId, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) })
  expect(new Set([batch!, ...rest].map(({ spanId }) => spanId)).size).toBe(5)
  expect(spansOf('j', structuredClone(detail))).toEqual(spansOf('j', detail))
  expect(spansOf('other', detail)[0]!.traceId).not.toBe(batch!.traceId)
})

it('says nothing of what is not known', () => {
  const unknown = { ...detail.figures, dueMs: null, firstArrivalMs: null, allocatedMs: null, computedMs: null, finishedMs: null }
  expect(spansOf('j', { ...detail, figures: unknown, tasks: [] })).toEqual([])
})
