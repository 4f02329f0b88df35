import { expect } from 'vitest'
import { compose, type ComposedBatch } from './compose.ts'
import type { Expected } from './folds.ts'
import type { LocalJob } from './local-job.ts'
import type { JobLogs } from './log-reader.ts'

/**
 * Reads the records back from the streams, computes from the logs what each batch consists of, folds that plainly, and compares objects and
 * states batch by batch. `value`: what of a state's value is the program's (mapWithState keeps the time beside it).
 */
export async function checkBatches(
  job: LocalJob,
  logs: JobLogs,
  fold: (batches: readonly ComposedBatch[]) => readonly Expected[],
  { prefixes, states }: { readonly prefixes: readonly string[]; readonly states: Readonly<Record<string, (value: unknown) => unknown>> },
): Promise<readonly Expected[]> {
  const { batches, problems } = compose(job.plan.intervalMs, await job.records(), logs)
  expect(problems).toEqual([])
  const expected = fold(batches)
  for (const prefix of prefixes) {
    const written = await job.lines(prefix)
    const wanted = expected.flatMap(({ time, lines }) => (lines[prefix]?.length ? [[time, [...lines[prefix]].sort()] as const] : []))
    expect(
      [...written].map(([time, lines]) => [time, [...lines].sort()]),
      `objects under ${prefix}`,
    ).toEqual(wanted)
  }
  for (const [uid, value] of Object.entries(states)) {
    const kept = await job.states(uid)
    for (const { n, state } of expected)
      expect(
        (kept.get(n) ?? []).map(([key, raw]) => [key, value(raw)]),
        `state ${uid} after batch ${n}`,
      ).toEqual([...(state[uid] ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  return expected
}
