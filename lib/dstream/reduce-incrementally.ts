import { isDeepStrictEqual } from 'node:util'
import { KeyMap } from '../values/key-map.ts'
import type { Key } from '../values/key.ts'
import { checkFunction, refusePromise, reducing } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { reducer } from './combine-by-key.ts'
import { definite } from './definite.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import { nextSlide } from './next-slide.ts'
import type { BarrierNode, Node, OperatorState } from './node.ts'
import { ASIDE, nextDueOf, panesOf, type Panes } from './panes.ts'
import { collect, reducePanes, slidePlainly } from './reduce-by-key-and-window.ts'
import { neutralOf, takeOut } from './take-out.ts'
import { notInReceive } from '../values/in-receive.ts'

type Reduce = (a: unknown, b: unknown) => unknown
type Filter = ((pair: readonly [Key, unknown]) => unknown) | undefined

/** Group of the results. */
const RESULTS = 0
/**
 * Group that is kept beside the results: how many panes of the window hold the key, if not one; and for a key that the filter refused while panes hold it
 * `[how many, its result]`, for what leaves must be taken out of something.
 */
const HELD = -2
/** The key under which it is remembered, aside, that panes are counted: states of before have no counts without a filter, and results that no pane holds. */
const COUNTED = 'held'

/**
 * Returns reduceByKeyAndWindow with an inverse: the result per key is kept, and each slide takes out the panes that leave and puts in the new ones, so a slide costs what changes.
 *
 *      |---- window at t - slide ----|
 *      |  old  |      kept           |
 *              |---- window at t ------------|
 *              |      kept           |  new  |      result = f(inverse(result, reduce(old)), reduce(new))
 *
 * Spark's rule: a key stays, with its neutral value, until the filter drops it, from the results and from the state. One that the window still holds comes back
 * when the filter lets it; so with a filter the results are those of the plain form, filtered: what no pane of the window holds is gone, whatever the inverse left of it.
 * A key of which everything has left begins anew. What does not subtract out (NaN, Infinity, an inverse that throws) is computed plainly, from the key's panes.
 * With slide > window nothing is kept from one window to the next: all is computed plainly.
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
  if (options?.filter !== undefined) checkFunction(options.filter, kind)
  const run: Slide = { panes, reduce: reducing(f, kind), inverse: reducing(inverse, kind), filter: options?.filter as Filter }
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
    stateful: { ...panes.stateful, keeps: { ...panes.stateful.keeps, inverse: 'yes' } },
    keepsKeys: true,
    compute: import.meta.inReceive
      ? notInReceive
      : ([rows = []], { state, time }) => {
          if (panes.isDue(time)) needAll(panes, state, time, plain)
          collect(panes, run.reduce, state, time, rows)
          if (!panes.isDue(time)) return null
          if (plain) return slidePlainly(panes, run.reduce, state, time).filter((pair) => passes(run.filter, pair))
          slideIncrementally(run, state, time)
          return [...state.entries(RESULTS)]
        },
    nextDue: import.meta.inReceive
      ? notInReceive
      : ({ state, time }, { idle }) => {
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
  const uncounted = state.get(ASIDE, COUNTED) !== true
  state.needGroups([RESULTS, HELD, ...panes.before(state, time), ...coming.filter((end) => uncounted || state.get(ASIDE, end) !== true)])
}

interface Slide {
  readonly panes: Panes
  readonly reduce: Reduce
  readonly inverse: Reduce
  readonly filter: Filter
}

function slideIncrementally(run: Slide, state: OperatorState, time: number): void {
  const { panes, reduce, inverse, filter } = run
  // Which panes are in the results is written down, not computed: a batch that was skipped on command has reduced none.
  const counted = (end: number): boolean => state.get(ASIDE, end) === true
  const gone = panes.before(state, time)
  const window = panes.within(state, time)
  const fresh = window.filter((end) => !counted(end))
  if (state.get(ASIDE, COUNTED) !== true && gone.length + window.length > 0) {
    countHeld([...gone, ...window].filter(counted), state, filter)
    state.put(ASIDE, COUNTED, true)
  }
  const [fewer, more] = [new KeyMap<number>(), new KeyMap<number>()]
  const leaving = reducePanes(gone.filter(counted), reduce, state, fewer)
  const arriving = reducePanes(fresh, reduce, state, more)

  const plainly: { readonly key: Key; readonly held: number }[] = []
  for (const key of new KeyMap<true>([...leaving.keys(), ...arriving.keys()].map((one) => [one, true])).keys()) {
    const { value: before, panes: beforehand } = resultOf(state, key)
    const left = beforehand - (fewer.get(key) ?? 0)
    const held = left + (more.get(key) ?? 0)
    const into = arriving.get(key)
    if (held < 1) keep(state, key, filter === undefined ? neutralOf(inverse, leaving.get(key)) : undefined, 0)
    else if (left < 1 && into !== undefined) show(run, state, { key, value: into, held })
    else {
      const rest = before === undefined ? undefined : takeOut(inverse, { key, before, out: leaving.get(key) })
      if (rest === undefined) plainly.push({ key, held })
      else show(run, state, { key, value: into === undefined ? rest : definite(reduce(rest, into), key), held })
    }
  }
  if (plainly.length > 0) {
    const keys = plainly.map(({ key }) => key)
    for (const end of window) state.needKeys(end, keys)
    for (const { key, held } of plainly) show(run, state, { key, value: reduceKey(window, reduce, state, key), held })
  }

  for (const end of gone) {
    state.drop(end)
    state.delete(ASIDE, end)
  }
  for (const end of fresh) state.put(ASIDE, end, true)
}

/** A key's result, shown or refused, and how many panes of the window hold it. */
function resultOf(state: OperatorState, key: Key): { readonly value: unknown; readonly panes: number } {
  const shown = state.get(RESULTS, key)
  const entry = state.get(HELD, key) as Held | undefined
  if (typeof entry === 'object') return { value: entry[1], panes: entry[0] }
  return { value: shown, panes: entry ?? (shown === undefined ? 0 : 1) }
}

function reduceKey(ends: readonly number[], reduce: Reduce, state: OperatorState, key: Key): unknown {
  let result: unknown
  for (const end of ends) {
    const value = state.get(end, key)
    if (value !== undefined) result = result === undefined ? value : definite(reduce(result, value), key)
  }
  return result
}

/** Puts out a key that the window holds, or keeps it out of sight where the filter refuses it. */
function show({ filter }: Slide, state: OperatorState, { key, value, held }: { readonly key: Key; readonly value: unknown; readonly held: number }): void {
  if (passes(filter, [key, value])) return keep(state, key, value, held)
  state.delete(RESULTS, key)
  state.put(HELD, key, [held, value] satisfies Held)
}

/** Keeps a result and its count, and writes nothing that did not change. `value` undefined: the key goes. */
function keep(state: OperatorState, key: Key, value: unknown, held: number): void {
  if (value === undefined) state.delete(RESULTS, key)
  else if (!isDeepStrictEqual(state.get(RESULTS, key), value)) state.put(RESULTS, key, value)
  if (value === undefined || held === 1) state.delete(HELD, key)
  else if (state.get(HELD, key) !== held) state.put(HELD, key, held)
}

/** Counts, for a state of before, the panes that hold each key. `ends`: the panes that are in its results. What none holds begins anew when it comes back, or goes. */
function countHeld(ends: readonly number[], state: OperatorState, filter: Filter): void {
  const counts = new KeyMap<number>()
  for (const end of ends) for (const [key] of state.entries(end)) counts.set(key as Key, (counts.get(key as Key) ?? 0) + 1)
  for (const key of [...state.entries(RESULTS)].map(([one]) => one as Key)) {
    const held = counts.get(key) ?? 0
    keep(state, key, held < 1 && filter !== undefined ? undefined : state.get(RESULTS, key), held)
  }
}

function passes(filter: Filter, pair: readonly [Key, unknown]): boolean {
  if (filter === undefined) return true
  const result = filter(pair)
  refusePromise(result, "reduceByKeyAndWindow's filter")
  return Boolean(result)
}
