// What a simulated program is, and what all have in common.
import { json, milliseconds, type DStream, type Duration, type Job, type StreamingContext } from '../../lib/index.ts'
import type { Effect } from './effects.ts'
import { SLIDE, TIMEOUT, WINDOW, type Fold, type Rec } from './folds.ts'

export interface Program {
  readonly streams: readonly string[]
  /** Versions of it that are deployed one after the other. `effect`: what its foreachRDD does. */
  job(version: number, effect: Effect, interval?: Duration): Job
  /** A version may have another interval than the one before: no operator keeps panes. */
  readonly regrids?: boolean
  /** Prefixes of outputs that every version has. */
  readonly always: readonly string[]
  readonly expected: Fold
  /** Whether the program does something in every batch, input or not. */
  readonly restless: boolean
  /** It never stops doing so: there is no silence to wait for. */
  readonly endless?: boolean
}

const check = (r: Rec): Rec => {
  if (r.bad === true) throw new Error('bad record')
  return r
}

export interface Times {
  readonly interval: Duration
  readonly slide: Duration
  readonly window: Duration
  readonly timeout: Duration
}

export const timesOf = (intervalMs: number): Times => {
  const [interval, slide, window, timeout] = [1, SLIDE, WINDOW, TIMEOUT].map((n) => milliseconds(n * intervalMs)) as [Duration, Duration, Duration, Duration]
  return { interval, slide, window, timeout }
}

/** The good records of a stream. The ids of those in a batch are put out beside whatever else the program does: by them the oracle knows where each record went. */
export const recsOf = (ssc: StreamingContext, ...streams: readonly string[]): readonly DStream<Rec>[] => {
  const all = streams.map((stream) => ssc.kinesisStream(stream, json()).map((r) => check(r as Rec)))
  const ids = all.map((recs) => recs.map((r) => r.id))
  ids.reduce((left, right) => left.union(right)).saveAsJsonFiles('ids')
  return all
}
