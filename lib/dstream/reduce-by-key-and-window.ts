import { KeyMap } from '../values/key-map.ts'
import { compareKeys, type Key } from '../values/key.ts'
import { reducing } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { reducer } from './combine-by-key.ts'
import { formOf } from './form-of.ts'
import type { Formed, Named, Shuffle } from './keyed-options.ts'
import type { BarrierNode, Node, OperatorState, Rows } from './node.ts'
import { nextDueOf, panesOf, type Panes } from './panes.ts'
import { definite } from './definite.ts'
import { notInReceive } from '../values/in-receive.ts'

type Reduce = (a: unknown, b: unknown) => unknown

/**
 * Returns a node that yields, every `slide`, one pair per key: the values of the last `window`, reduced. Panes hold a reduced value per key, so a result costs the panes, not the records.
 * @example
 * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
 * words.reduceByKeyAndWindow((a, b) => a + b, seconds(2)) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1] | ['a', 1] | nothing
 */
export function reduceByKeyAndWindowNode(
  parent: Node,
  f: (a: never, b: never) => unknown,
  window: unknown,
  slide: unknown,
  options: (Shuffle & Named & Formed) | undefined,
): BarrierNode {
  const kind = 'reduceByKeyAndWindow'
  const panes = panesOf(parent, window, slide, kind)
  const combiner = reducer(f, kind)
  const reduce = reducing(f, kind)
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid: uidOf(options, kind),
    parents: [parent],
    slideMs: panes.slideMs,
    params: { windowMs: panes.windowMs, slideMs: panes.slideMs, numPartitions: options?.numPartitions ?? null, ...formOf(options) },
    distribution: byKey(options, kind),
    combiner,
    stateful: { ...panes.stateful, keeps: { ...panes.stateful.keeps, ...formOf(options) } },
    keepsKeys: true,
    compute: import.meta.inReceive
      ? notInReceive
      : ([rows = []], { state, time }) => {
          if (panes.isDue(time)) state.needGroups(panes.within(state, time))
          collect(panes, reduce, state, time, rows)
          return panes.isDue(time) ? slidePlainly(panes, reduce, state, time) : null
        },
    nextDue: import.meta.inReceive ? notInReceive : ({ state, time }) => nextDueOf(panes, state, time),
  })
}

/** Puts the batch's reduced values into its pane. */
export function collect(panes: Panes, reduce: Reduce, state: OperatorState, time: number, rows: Rows): void {
  const pane = panes.paneOf(time)
  if (pane === undefined) return
  const pairs = rows as readonly (readonly [Key, unknown])[]
  state.needKeys(
    pane,
    pairs.map(([key]) => key),
  )
  for (const [key, value] of pairs) {
    const held = state.get(pane, key)
    state.put(pane, key, definite(held === undefined ? value : reduce(held, value), key))
  }
}

/** Returns the result of a window by reducing over its panes, in the order of time; drops what is out of it. */
export function slidePlainly(panes: Panes, reduce: Reduce, state: OperatorState, time: number): readonly (readonly [Key, unknown])[] {
  for (const old of panes.before(state, time)) state.drop(old)
  return [...reducePanes(panes.within(state, time), reduce, state)].sort(([a], [b]) => compareKeys(a, b))
}

/** Returns each key's values in the given panes, reduced in their order. `counting`: where the panes that hold each key are counted. */
export function reducePanes(ends: readonly number[], reduce: Reduce, state: OperatorState, counting?: KeyMap<number>): KeyMap<unknown> {
  const result = new KeyMap<unknown>()
  for (const end of ends) {
    for (const [key, value] of state.entries(end) as Iterable<readonly [Key, unknown]>) {
      const held = result.get(key)
      result.set(key, definite(held === undefined ? value : reduce(held, value), key))
      counting?.set(key, (counting.get(key) ?? 0) + 1)
    }
  }
  return result
}
