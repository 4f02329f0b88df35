import { compareKeys, type Key } from '../values/key.ts'
import type { StaticTable } from '../program/static-table.ts'
import { initialStates, NO_INITIAL_STATES } from './initial-states.ts'
import { nextSlide } from './next-slide.ts'
import { ASIDE } from './panes.ts'
import type { BarrierNode, NarrowNode } from './node.ts'
import { notInReceive } from '../values/in-receive.ts'

/**
 * Returns a node of `[key, state]` of every key after each batch, in the order of the keys: all of the state of a mapWithState, so it costs the keys that exist. Initial states that nothing has touched yet are among them.
 * @example
 * const sums = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1]).mapWithState((_word, one, state: State<number>) => state.update((state.getOption() ?? 0) + (one ?? 0)))
 * sums.stateSnapshots() // ['a', 1], ['b', 1] | ['a', 2], ['b', 1]
 */
export function stateSnapshotsNode(of: NarrowNode, initialState: StaticTable | undefined): BarrierNode {
  const { slideMs } = of
  const initial = import.meta.inReceive ? NO_INITIAL_STATES : initialStates(initialState, 0)
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind: 'stateSnapshots',
    uid: undefined,
    parents: [of],
    slideMs,
    params: {},
    distribution: { kind: 'none' },
    combiner: undefined,
    stateful: undefined,
    stateOf: of,
    keepsKeys: true,
    fromBeginning: initialState !== undefined,
    compute: import.meta.inReceive
      ? notInReceive
      : (_rows, context) => {
          if (context.time % slideMs !== 0) return null
          context.state.needGroups(initialState === undefined ? [0] : [0, ASIDE])
          const touched = Array.from(
            context.state.entries(0) as Iterable<readonly [Key, readonly [unknown, number]]>,
            ([key, [state]]) => [key, state] as const,
          )
          const untouched = initial.untouched(context)
          return untouched.length === 0 ? touched : [...touched, ...untouched].sort(([a], [b]) => compareKeys(a, b))
        },
    nextDue: import.meta.inReceive ? notInReceive : ({ time }, { idle }) => (idle && time % slideMs === 0 ? null : nextSlide(time, slideMs)),
  })
}
