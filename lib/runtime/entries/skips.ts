import { MillraceError } from '../../values/errors.ts'
import type { ProgressItem, ProgressUpdate } from '../ports/progress.ts'
import type { BatchEntry, StandingSkips } from './entry.ts'

/** A name in progress: this operator is left out of the batch on command. */
export const SKIP = 'skip/'
/** An attribute beside it: and out of all batches before this time. */
export const SKIP_UNTIL = 'skipUntil/'

/** Operators that are left out of a batch on command. */
export function skippedIn({ skips = {} }: Pick<BatchEntry, 'skips'>, progress: ProgressItem | null): ReadonlySet<string> {
  const asked = [...(progress?.names ?? [])].filter((name) => name.startsWith(SKIP)).map((name) => name.slice(SKIP.length))
  return new Set([...Object.keys(skips), ...asked])
}

/** Returns what is left out of a batch of this time, by what was left out of the batch before and what was asked for there. */
export function standingSkips(before: StandingSkips | undefined, progress: ProgressItem | null, time: number): StandingSkips {
  const asked = [...(progress?.attributes ?? [])].flatMap(([name, until]) =>
    name.startsWith(SKIP_UNTIL) && typeof until === 'number' ? [[name.slice(SKIP_UNTIL.length), until] as const] : [],
  )
  return Object.fromEntries([...Object.entries(before ?? {}), ...asked].filter(([, until]) => until > time))
}

/**
 * Returns until when windows hold rows of this batch: by the operator's own window, or, where it has none, by the longest of the job. The last batch whose window holds one is
 * before that. undefined: there is no window.
 */
export function heldUntil({ keeps, time }: Pick<BatchEntry, 'keeps' | 'time'>, operator: string): number | undefined {
  const windowOf = (kept: string | undefined): number => (kept === undefined ? 0 : ((JSON.parse(kept) as { readonly windowMs?: number }).windowMs ?? 0))
  const windowMs = windowOf(keeps[operator]) || Object.values(keeps).reduce((most, kept) => Math.max(most, windowOf(kept)), 0)
  return windowMs === 0 ? undefined : time + windowMs
}

/** Returns what is to be written down of a batch so that it, and every batch before `untilMs`, goes on without what failed. */
export function skipOf(operator: string, { time }: Pick<BatchEntry, 'time'>, untilMs: number | undefined): Pick<ProgressUpdate, 'names' | 'attributes'> {
  if (untilMs !== undefined && untilMs <= time)
    throw new MillraceError(
      'USAGE',
      `--until ${new Date(untilMs).toISOString()} is not after the batch that is stuck, of ${new Date(time).toISOString()}; name a later time, or leave --until away to skip this batch only`,
    )
  return { names: [`${SKIP}${operator}`], attributes: untilMs === undefined ? {} : { [`${SKIP_UNTIL}${operator}`]: untilMs } }
}
