import type { Source } from '../source.ts'

/** Its only input partition. */
export const POLL_PARTITION = 'poll'

/** A receiver of one's own after a poll: its log's entries are its positions, and keep what the user's function calls its position. */
export function polled(position: string | undefined): Source {
  return {
    kind: 'receiverStream',
    logged: 'receiver',
    hasAncestors: false,
    comparePositions: (a, b) => Number(a.sequenceNumber) - Number(b.sequenceNumber) || a.index - b.index,
    arrivalOf: (_record, nowMs) => nowMs,
    isBehind: ({ full }) => full,
    // Nothing is delivered again: it is read from a position.
    refuseOther: () => undefined,
    ...(position === undefined ? {} : { carry: () => position }),
  }
}
