import { uidOf } from './check-options.ts'
import type { Named } from './keyed-options.ts'
import type { BarrierNode, Node, OperatorState } from './node.ts'
import { nextDueOf, panesOf } from './panes.ts'
import { notInReceive } from '../values/in-receive.ts'

/**
 * Returns a node that yields, every `slide`, the rows of the last `window` (parent times in (t - window, t]), oldest first. The first windows are shorter; after the input ends it drains.
 * Rows are kept once, pane by pane, where they are; over keyed rows that are read by key, by key.
 * @example
 * ssc.queueStream([[1], [2], [3]]).window(seconds(2), seconds(1)) // 1 | 1, 2 | 2, 3 | 3 | nothing
 */
export function windowNode(parent: Node, window: unknown, slide: unknown, options: Named | undefined): BarrierNode {
  const panes = panesOf(parent, window, slide, 'window')
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind: 'window',
    uid: uidOf(options, 'window'),
    parents: [parent],
    slideMs: panes.slideMs,
    params: { windowMs: panes.windowMs, slideMs: panes.slideMs },
    distribution: { kind: 'none' },
    combiner: undefined,
    stateful: { ...panes.stateful, rows: true },
    keepsKeys: true,
    compute: import.meta.inReceive
      ? notInReceive
      : ([rows = []], { state, time }) => {
          const pane = panes.paneOf(time)
          const due = panes.isDue(time)
          state.needGroups([...(pane !== undefined && rows.length > 0 ? [pane] : []), ...(due ? panes.within(state, time) : [])])
          if (pane !== undefined && rows.length > 0) append(state, pane, rows)
          if (!due) return null
          for (const old of panes.before(state, time)) state.drop(old)
          return panes.within(state, time).flatMap((end) => rowsOf(state, end))
        },
    nextDue: import.meta.inReceive ? notInReceive : ({ state, time }) => nextDueOf(panes, state, time),
  })
}

/** Rows stand under their running index. */
function append(state: OperatorState, pane: number, rows: readonly unknown[]): void {
  const from = state.size(pane)
  rows.forEach((row, i) => state.put(pane, from + i, row))
}

function rowsOf(state: OperatorState, pane: number): readonly unknown[] {
  return Array.from({ length: state.size(pane) }, (_, i) => state.get(pane, i))
}
