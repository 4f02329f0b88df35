import { describe, expect, it } from 'vitest'
import { formatJobStatus, formatJobStatusLines } from '../../lib/tools/format-job-status.ts'
import type { JobStatus, StuckBatch } from '../../lib/tools/job-status.ts'
import { SOURCES } from './sums.ts'

const STATUS: JobStatus = {
  job: 'word-count',
  atMs: Date.UTC(2026, 10, 25, 12, 4, 17),
  deploys: { receive: 5, run: 5 },
  batch: { number: 1_088, timeMs: Date.UTC(2026, 10, 25, 12, 4, 15), finishedMs: Date.UTC(2026, 10, 25, 12, 4, 15, 900) },
  nextMs: Date.UTC(2026, 10, 25, 12, 4, 20),
  shards: [
    {
      stream: 'lines',
      shard: 'shardId-000000000000',
      lastRecordMs: Date.UTC(2026, 10, 25, 12, 4, 16, 200),
      state: 'current',
      behindMs: 300,
      entriesNotTaken: 1,
    },
    {
      stream: 'lines',
      shard: 'shardId-000000000001',
      lastRecordMs: Date.UTC(2026, 10, 24, 11, 58, 40, 800),
      state: 'idle',
      behindMs: null,
      entriesNotTaken: 0,
    },
    {
      stream: 'lines',
      shard: 'shardId-000000000002',
      lastRecordMs: Date.UTC(2026, 10, 25, 11, 58, 40, 800),
      state: 'behind',
      behindMs: 336_200,
      entriesNotTaken: 12,
    },
  ],
  tasks: [{ stage: 'counts-1x1', partition: 0, batch: 1_088, keys: 4_992, stateBytes: 27_812, snapshotBatch: 61, operators: { totals: 4_992 } }],
  deadLetters: 1,
  removed: {},
  stuck: null,
  sources: SOURCES,
  warnings: [],
}

const STUCK: StuckBatch = {
  batch: 1_088,
  timeMs: STATUS.batch!.timeMs,
  why: 'x',
  operator: 'effect',
  task: 'counts/0',
  attempts: 1,
  skipped: false,
  deployedSince: false,
  triedAgainMs: null,
}

describe('a status', () => {
  it('names operators that a deploy removed while rows waited for them', () => {
    const removed = { groups: 1_234, one: 1, totals: 0 }
    for (const lines of [formatJobStatus({ ...STATUS, removed }), formatJobStatusLines({ ...STATUS, removed })])
      expect(lines.filter((line) => line.startsWith('removed'))).toEqual([
        "removed operator 'groups': 1 234 rows were dropped that waited for it when a deploy removed it",
        "removed operator 'one': 1 row was dropped that waited for it when a deploy removed it",
        "removed operator 'totals': a batch in flight was computed without it when a deploy removed it",
      ])
  })

  it('is tables in a terminal', () => {
    expect(formatJobStatus(STATUS)).toEqual([
      'batch 1 088  12:04:15  finished 0.9 s after its end, 4 992 keys, 27.8 kB     next: 12:04:20',
      'stream   shard          last record             behind                   entries not taken',
      'lines    000000000000   12:04:16.2              0.3 s                    1',
      'lines    000000000001   2026-11-24 11:58:40.8   idle                     0',
      'lines    000000000002   11:58:40.8              6 min and more to come   12',
      'counts-1x1   partition 0   batch 1 088   keys 4 992   state 27.8 kB   last snapshot at batch 61',
      'stream lines   Enabled   OK',
      'queue ticks    Enabled',
      'dead letters 1   stuck batches 0',
    ])
  })

  it('is lines elsewhere', () => {
    expect(formatJobStatusLines(STATUS)).toEqual([
      'word-count: batch 1 088  2026-11-25T12:04:15.000Z  finished 0.9 s after its end, 4 992 keys, 27.8 kB',
      'next: 2026-11-25T12:04:20.000Z',
      'shard lines/shardId-000000000000: last record 2026-11-25T12:04:16.200Z, behind 0.3 s, entries not taken 1',
      'shard lines/shardId-000000000001: last record 2026-11-24T11:58:40.800Z, behind idle, entries not taken 0',
      'shard lines/shardId-000000000002: last record 2026-11-25T11:58:40.800Z, behind 6 min and more to come, entries not taken 12',
      'task counts-1x1/0: batch 1 088, keys 4 992, state 27.8 kB, last snapshot at batch 61',
      'stream lines: Enabled, OK',
      'queue ticks: Enabled',
      'dead letters 1',
      'stuck batches 0',
    ])
  })

  it.each<[what: string, change: Partial<JobStatus>, lines: readonly RegExp[]]>([
    ['no batch', { batch: null, nextMs: null, shards: [], tasks: [] }, [/^no batch yet     next: waits for the first records$/]],
    ['nothing due', { nextMs: null }, [/next: waits for records$/]],
    ['late records', { nextMs: STATUS.batch!.timeMs }, [/next: at once, with late records$/]],
    ['a batch at work', { batch: { ...STATUS.batch!, finishedMs: null } }, [/12:04:15 {2}running, 4 992 keys/]],
    [
      'a stuck batch',
      {
        batch: { ...STATUS.batch!, finishedMs: null },
        stuck: { ...STUCK, why: 'Error: x', attempts: 2 },
      },
      [/STUCK/, /^batch 1 088 of 12:04:15 is stuck: task counts\/0 failed 2 times: Error: x$/, /millrace skip word-count$/, /stuck batches 1/],
    ],
    [
      'a batch that was tried again after a deploy',
      {
        stuck: { ...STUCK, deployedSince: true, triedAgainMs: STATUS.batch!.timeMs + 5_000 },
      },
      [/^deployed since; tried again at 12:04:20$/, /millrace retry word-count, or leave/],
    ],
    [
      'a batch whose operator is skipped',
      {
        stuck: { ...STUCK, skipped: true },
      },
      [/counts\/0 failed once: x$/, /it will go on without 'effect', which was skipped on command/],
    ],
    [
      'keys that were not counted',
      { tasks: [{ ...STATUS.tasks[0]!, keys: null, stateBytes: 98_765_432, snapshotBatch: null }] },
      [/end, 98\.8 MB/, /keys not counted.*no snapshot yet/],
    ],
    [
      'many shards',
      { shards: Array.from({ length: 1_200 }, (_, i) => ({ ...STATUS.shards[i === 7 ? 0 : 1]!, shard: `shardId-${i}` })) },
      [/^lines    7   /, /^and 1 199 that are idle or closed$/],
    ],
    ['a warning', { warnings: ['look'] }, [/^warning: look$/]],
  ])('names %s', (_what, change, lines) => {
    const shown = formatJobStatus({ ...STATUS, ...change })
    for (const line of lines) expect(shown).toContainEqual(expect.stringMatching(line))
  })
})
