import { isDeepStrictEqual } from 'node:util'
import { KeyMap } from '../values/key-map.ts'
import type { Key } from '../values/key.ts'
import { checkFunction, refusePromise } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { reducer } from './combine-by-key.ts'
import { definite } from './definite.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import { nextSlide } from './next-slide.ts'
import type { BarrierNode, Node, OperatorState } from './node.ts'
import { ASIDE, nextDueOf, panesOf, type Panes } from './panes.ts'
import { collect, reducePanes, slidePlainly } from './reduce-by-key-and-window.ts'

type Reduce = (a: unknown, b: unknown) => unknown
type Filter = ((pair: readonly [Key, unknown]) => unknown) | undefined

/** Group of the results. */
const RESULTS = 0
/**
 * Group that is kept beside the results where there is a filter: how many panes hold the key, if more than one; and for a key that the filter refused while
 * panes hold it `[how many, its result]`, for what leaves must be taken out of something.
 */
const HELD = -2

/**
 * Returns reduceByKeyAndWindow with an inverse: the result per key is kept, and each slide takes out the panes that leave and puts in the new ones, so a slide costs what changes.
 *
 *      |---- window at t - slide ----|
 *      |  old  |      kept           |
 *              |---- window at t ------------|
 *              |      kept           |  new  |      result = f(inverse(result, reduce(old)), reduce(new))
 *
 * Spark's rule: a key stays, with its neutral value, until the filter drops it, from the results and from the state. One that the window still holds comes back
 * when the filter lets it; so with a filter the results are those of the plain form, filtered. With slide > window nothing is kept from one window to the next: computed plainly.
 * @example
 * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
 * words.reduceByKeyAndWindow((a, b) => a + b, (a, b) => a - b, seconds(2), seconds(1), { filter: ([, n]) => n > 0 }) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1] | ['a', 1] | nothing
 */
export function reduceIncrementallyNode(
  parent: Node,
  f: (a: never, b: never) => unknown,
  inverse: (a: never, b: never) => unknown,
  window: unknown,
  slide: unknown,
  options: (Shuffle & Named & { readonly filter?: ((pair: never) => unknown) | undefined }) | undefined,
): BarrierNode {
  const kind = 'reduceByKeyAndWindow'
  const panes = panesOf(parent, window, slide, kind)
  const combiner = reducer(f, kind)
  checkFunction(inverse, kind)
  if (options?.filter !== undefined) checkFunction(options.filter, kind)
  const run: Slide = { panes, reduce: f as Reduce, inverse: inverse as Reduce, filter: options?.filter as Filter }
  const plain = panes.slideMs > panes.windowMs
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid: uidOf(options, kind),
    parents: [parent],
    slideMs: panes.slideMs,
    params: {
      windowMs: panes.windowMs,
      slideMs: panes.slideMs,
      numPartitions: options?.numPartitions ?? null,
      inverse: true,
      filter: run.filter !== undefined,
    },
    distribution: byKey(options, kind),
    combiner,
    stateful: { keeps: { ...panes.stateful.keeps, inverse: 'yes' } },
    keepsKeys: true,
    compute: ([rows = []], { state, time }) => {
      if (panes.isDue(time)) needAll(panes, state, time, plain)
      collect(panes, run.reduce, state, time, rows)
      if (!panes.isDue(time)) return null
      if (plain) return slidePlainly(panes, run.reduce, state, time).filter((pair) => passes(run.filter, pair))
      slideIncrementally(run, state, time)
      return [...state.entries(RESULTS)]
    },
    nextDue: ({ state, time }, { idle }) => {
      const draining = nextDueOf(panes, state, time)
      if (draining !== null || state.size(RESULTS) === 0) return draining
      // Results without panes never change again; while anybody sees them they are put out at every slide, as in Spark.
      return idle && panes.isDue(time) ? null : nextSlide(time, panes.slideMs)
    },
  })
}

type Held = number | readonly [panes: number, refused: unknown]

/** What a slide reads: the panes that come and go, and the results, which it puts out. */
function needAll(panes: Panes, state: OperatorState, time: number, plain: boolean): void {
  const coming = panes.within(state, time)
  if (plain) return state.needGroups(coming)
  state.needGroups([ASIDE])
  state.needGroups([RESULTS, HELD, ...panes.before(state, time), ...coming.filter((end) => state.get(ASIDE, end) !== true)])
}

interface Slide {
  readonly panes: Panes
  readonly reduce: Reduce
  readonly inverse: Reduce
  readonly filter: Filter
}

function slideIncrementally({ panes, reduce, inverse, filter }: Slide, state: OperatorState, time: number): void {
  // Which panes are in the results is written down, not computed: a batch that was skipped on command has reduced none.
  const counted = (end: number): boolean => state.get(ASIDE, end) === true
  const gone = panes.before(state, time)
  const fresh = panes.within(state, time).filter((end) => !counted(end))
  const panesOfKey = new KeyMap<number>()
  const counting = filter === undefined ? undefined : panesOfKey
  const leaving = reducePanes(gone.filter(counted), reduce, state, { counting, by: -1 })
  const arriving = reducePanes(fresh, reduce, state, { counting, by: 1 })

  const touched = new KeyMap<true>()
  for (const key of leaving.keys()) touched.set(key, true)
  for (const key of arriving.keys()) touched.set(key, true)
  for (const key of touched.keys()) {
    const shown = state.get(RESULTS, key)
    const entry = filter === undefined ? undefined : (state.get(HELD, key) as Held | undefined)
    const before = shown === undefined && typeof entry === 'object' ? entry[1] : shown
    const out = leaving.get(key)
    const into = arriving.get(key)
    let value = before
    if (before !== undefined && out !== undefined) value = definite(inverse(value, out), key)
    if (into !== undefined) value = before === undefined ? into : definite(reduce(value, into), key)
    // Its pane was reduced in a batch that was skipped on command: there is nothing to take out of.
    if (value === undefined) continue
    const held = (typeof entry === 'object' ? entry[0] : (entry ?? (before === undefined ? 0 : 1))) + (panesOfKey.get(key) ?? 0)
    if (passes(filter, [key, value])) {
      if (shown === undefined || !isDeepStrictEqual(shown, value)) state.put(RESULTS, key, value)
      if (held <= 1) state.delete(HELD, key)
      else if (entry !== held) state.put(HELD, key, held)
    } else {
      state.delete(RESULTS, key)
      if (held < 1) state.delete(HELD, key)
      else state.put(HELD, key, [held, value] satisfies Held)
    }
  }

  for (const end of gone) {
    state.drop(end)
    state.delete(ASIDE, end)
  }
  for (const end of fresh) state.put(ASIDE, end, true)
}

function passes(filter: Filter, pair: readonly [Key, unknown]): boolean {
  if (filter === undefined) return true
  const result = filter(pair)
  refusePromise(result, "reduceByKeyAndWindow's filter")
  return Boolean(result)
}
