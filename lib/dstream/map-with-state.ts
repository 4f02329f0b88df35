import type { Duration } from '../values/duration.ts'
import type { StaticTable } from '../program/static-table.ts'
import { time } from '../values/time.ts'
import { positiveMs } from './check-duration.ts'
import { checkFunction, refusePromise } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { checkPair } from './check-pair.ts'
import { initialStates, NO_INITIAL_STATES, type InitialStates } from './initial-states.ts'
import { notInReceive } from '../values/in-receive.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import { nextSlide } from './next-slide.ts'
import type { NarrowNode, Node, OperatorContext, Push } from './node.ts'
import { KeyState, type State } from './state.ts'

/** Options of mapWithState, whatever the types of its state. */
export interface MapWithStateOptions extends Shuffle, Named {
  readonly timeout?: Duration
  readonly initialState?: StaticTable
}

type Mapping = (key: unknown, value: unknown, state: State<unknown>, at: unknown) => unknown
/** What is kept of a key, in group 0. */
type Entry = readonly [state: unknown, lastUpdatedMs: number]

const STATES = 0

interface Run {
  readonly mapping: Mapping
  readonly timeoutMs: number | undefined
  readonly initial: InitialStates
  readonly slideMs: number
  readonly uid: string
}

/**
 * Returns a node that calls the function for every record with the state of its key, and puts out what it returns (undefined: nothing): in the order of the rows, then what time-outs emit, by key.
 * It costs what arrives, not the keys that exist. A key without data for longer than `timeout` is called with `undefined` in the first batch at which that is so, and forgotten.
 * Initial states are looked up when a key is first touched; one that was removed does not come back, one that nothing ever touches does not time out.
 * @example
 * ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1]).mapWithState((word, one, state: State<number>) => {
 *   state.update((state.getOption() ?? 0) + (one ?? 0))
 *   return [word, state.get()] as const
 * }) // ['a', 1], ['b', 1] | ['a', 2]
 */
export function mapWithStateNode(
  parent: Node,
  mapping: (key: never, value: never, state: never, at: never) => unknown,
  options: MapWithStateOptions,
): NarrowNode {
  const kind = 'mapWithState'
  checkFunction(mapping, kind)
  const uid = uidOf(options, kind)
  const timeoutMs = options.timeout === undefined ? undefined : positiveMs(options.timeout, `${kind}: its timeout`)
  const run: Run = {
    mapping: mapping as unknown as Mapping,
    timeoutMs,
    initial: import.meta.inReceive ? NO_INITIAL_STATES : initialStates(options.initialState, STATES),
    slideMs: parent.slideMs,
    uid: uid ?? kind,
  }
  return Object.freeze<NarrowNode>({
    shape: 'narrow',
    kind,
    uid,
    parents: [parent],
    slideMs: parent.slideMs,
    params: { timeoutMs: timeoutMs ?? null, numPartitions: options.numPartitions ?? null, initialState: options.initialState?.name ?? null },
    distribution: byKey(options, kind),
    keepsKeys: false,
    stateful: { keeps: {}, ...(timeoutMs === undefined ? {} : { rank: (entry: unknown) => (entry as Entry)[1] }) },
    open: import.meta.inReceive ? notInReceive : (down, context) => open(run, down, context),
    ...(timeoutMs === undefined ? {} : { nextDue: (context: OperatorContext) => nextTimeout(context, timeoutMs, parent.slideMs) }),
  })
}

function open(run: Run, down: Push, context: OperatorContext): { readonly push: Push; readonly end?: () => void } {
  const { mapping, timeoutMs, initial } = run
  const { state } = context
  const key = new KeyState<unknown>()
  const at = time(context.time)
  const call = (phase: 'data' | 'timing out', k: unknown, value: unknown, held: unknown): unknown => {
    key.open(phase, held)
    const result = mapping(k, value, key, at)
    key.close()
    if (typeof result === 'object') refusePromise(result, 'mapWithState')
    return result
  }
  const push: Push = (row) => {
    checkPair(row, 'mapWithState')
    const [k, value] = row
    const result = call('data', k, value, heldOf(context, initial, k))
    if (key.removed) initial.remove(context, k)
    // With a time-out any data is a sign of life, whether or not the function updates.
    else if (key.updated || (timeoutMs !== undefined && key.exists())) state.put(STATES, k, [key.get(), context.time])
    if (result !== undefined) down(result)
  }
  if (timeoutMs === undefined) return { push }
  const end = (): void => {
    if (context.time % run.slideMs !== 0) return
    for (const k of state.below(context.time - timeoutMs)) expire(k)
  }
  const expire = (k: unknown): void => {
    const held = (state.get(STATES, k) as Entry)[0]
    let result: unknown
    try {
      result = call('timing out', k, undefined, held)
    } catch (error) {
      key.close()
      context.deadLetter(run.uid, [k, held], error)
      // Its state stays as it was; it is asked again after another time-out, not in every batch.
      state.put(STATES, k, [held, context.time])
      return
    }
    initial.remove(context, k)
    if (result !== undefined) down(result)
  }
  return { push, end }
}

function heldOf(context: OperatorContext, initial: InitialStates, key: unknown): unknown {
  const entry = context.state.get(STATES, key) as Entry | undefined
  return entry === undefined ? initial.get(context, key) : entry[0]
}

/** Idle for LONGER than the time-out: an entry updated at t is due at the first batch after t + timeout. */
function nextTimeout({ state, time: now }: OperatorContext, timeoutMs: number, slideMs: number): number | null {
  const oldest = state.leastRank()
  return oldest === Infinity ? null : Math.max(nextSlide(oldest + timeoutMs, slideMs), nextSlide(now, slideMs))
}

/** Returns the node of both forms of mapWithState, and where its initial states come from. */
export function mapWithStateOf(
  parent: Node,
  mapping:
    | ((key: never, value: never, state: never, at: never) => unknown)
    | { readonly mapping: (key: never, value: never, state: never, at: never) => unknown; readonly options: MapWithStateOptions },
  options: MapWithStateOptions = {},
): { readonly node: NarrowNode; readonly initialState: StaticTable | undefined } {
  const spec = typeof mapping === 'object' && mapping !== null ? mapping : { mapping, options }
  return { node: mapWithStateNode(parent, spec.mapping, spec.options), initialState: spec.options.initialState }
}
