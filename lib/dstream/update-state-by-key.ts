import { isDeepStrictEqual } from 'node:util'
import { KeyMap } from '../key-map.ts'
import { compareKeys, partitionOf, type Key } from '../key.ts'
import type { StaticTable } from '../static-table.ts'
import { time, type Time } from '../time.ts'
import { checkFunction, refusePromise } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { LISTS } from './combine-by-key.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import { nextSlide } from './next-slide.ts'
import type { BarrierNode, Node, OperatorContext, Rows } from './node.ts'
import { ASIDE } from './panes.ts'

/** Options of updateStateByKey, whatever the type of its state. */
export interface UpdateStateOptions extends Shuffle, Named {
  readonly initialState?: StaticTable
}

type Update = (values: readonly unknown[], state: unknown, key: Key, at: Time) => unknown

const STATES = 0
/** The key under which it is remembered, aside, that the initial states were taken in. */
const STARTED = 'initial'

/**
 * Returns a node of `[key, state]` of every key, in their order: in EVERY batch the function is called for every key that has state or new values, as in Spark. Returning undefined forgets the key.
 * It costs all keys in every batch; mapWithState costs what arrives. Where the function throws, the key's state stays and its new values go to the dead letters.
 * @example
 * ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1]).updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1]
 */
export function updateStateByKeyNode(
  parent: Node,
  f: (values: never, state: never, key: never, at: never) => unknown,
  options: UpdateStateOptions = {},
): BarrierNode {
  const kind = 'updateStateByKey'
  checkFunction(f, kind)
  const uid = uidOf(options, kind)
  const { slideMs } = parent
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid,
    parents: [parent],
    slideMs,
    params: { numPartitions: options.numPartitions ?? null, initialState: options.initialState?.name ?? null },
    distribution: byKey(options, kind),
    combiner: LISTS,
    stateful: { keeps: {} },
    keepsKeys: true,
    compute: ([rows = []], context) => {
      if (context.time % slideMs !== 0) return null
      if (options.initialState !== undefined) start(context, options.initialState)
      return update(f as unknown as Update, rows, context, uid ?? kind)
    },
    nextDue: ({ state, time: now }, { idle }) => (state.size(STATES) === 0 || (idle && now % slideMs === 0) ? null : nextSlide(now, slideMs)),
  })
}

/** In its first batch the initial states of this partition stand where the state of the batch before would. */
function start({ state, table, partition, numPartitions }: OperatorContext, initial: StaticTable): void {
  if (state.get(ASIDE, STARTED) === true) return
  state.put(ASIDE, STARTED, true)
  for (const [key, value] of table(initial).entries() as Iterable<readonly [Key, unknown]>) {
    if (partitionOf(key, numPartitions) === partition) state.put(STATES, key, value)
  }
}

function update(f: Update, rows: Rows, context: OperatorContext, uid: string): Rows {
  const { state } = context
  const arrived = new KeyMap<readonly unknown[]>(rows as readonly (readonly [Key, readonly unknown[]])[])
  const held = Array.from(state.entries(STATES) as Iterable<readonly [Key, unknown]>, ([key]) => key)
  const fresh = Array.from(arrived.keys()).filter((key) => state.get(STATES, key) === undefined)
  const at = time(context.time)
  const result: (readonly [Key, unknown])[] = []
  for (const key of fresh.length === 0 ? held : [...held, ...fresh].sort(compareKeys)) {
    const values = arrived.get(key) ?? []
    const before = state.get(STATES, key)
    let after: unknown
    try {
      after = f(values, before, key, at)
      if (typeof after === 'object') refusePromise(after, 'updateStateByKey')
    } catch (error) {
      context.deadLetter(uid, [key, values], error)
      after = state.get(STATES, key)
    }
    if (after === undefined) state.delete(STATES, key)
    // What did not change is not written: a batch's bytes follow the keys that changed.
    else if (!isDeepStrictEqual(state.get(STATES, key), after)) state.put(STATES, key, after)
    if (after !== undefined) result.push([key, after])
  }
  return result
}
