import { isDeepStrictEqual } from 'node:util'
import { KeyMap } from '../values/key-map.ts'
import { compareKeys, partitionOf, type Key } from '../values/key.ts'
import type { StaticTable } from '../program/static-table.ts'
import { time, type Time } from '../values/time.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { checkFunction, checkIterable, refusePromise } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { checkPair } from './check-pair.ts'
import { LISTS } from './combine-by-key.ts'
import { copyOfInitial } from './initial-states.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import { nextSlide } from './next-slide.ts'
import type { BarrierNode, Node, OperatorContext, Rows } from './node.ts'
import { ASIDE } from './panes.ts'
import { notInReceive } from '../values/in-receive.ts'

/** Options of updateStateByKey, whatever the type of its state. */
export interface UpdateStateOptions extends Shuffle, Named {
  /** A StaticTable: what the state is before the first batch. */
  readonly initialState?: unknown
  /** The function is given all keys of a partition at once: Spark's iterator form. */
  readonly perPartition?: boolean
}

type Update = (values: readonly unknown[], state: unknown, key: Key, at: Time) => unknown
type UpdateAll = (entries: readonly (readonly [Key, readonly unknown[], unknown])[], at: Time) => unknown

const STATES = 0
/** The key under which it is remembered, aside, that the initial states were taken in. */
const STARTED = 'initial'

/**
 * Returns a node of `[key, state]` of every key, in their order: in EVERY batch the function is called for every key that has state or new values, as in Spark. Returning undefined forgets the key.
 * It costs all keys in every batch; mapWithState costs what arrives. Where the function throws, the key's state stays and its new values go to the dead letters.
 * @example
 * ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1]).updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1]
 */
export function updateStateByKeyNode(parent: Node, f: (...args: never) => unknown, options: UpdateStateOptions = {}): BarrierNode {
  const kind = 'updateStateByKey'
  checkFunction(f, kind)
  const uid = uidOf(options, kind)
  const { slideMs } = parent
  const initial = options.initialState as StaticTable | undefined
  const perPartition = options.perPartition === true
  // A function of the time may do something new in any batch; any other does in a batch like the last what it did in that.
  const timed = mayTake(f, perPartition ? 2 : 4)
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid,
    parents: [parent],
    slideMs,
    params: { numPartitions: options.numPartitions ?? null, initialState: initial?.name ?? null, perPartition },
    distribution: byKey(options, kind),
    combiner: LISTS,
    stateful: { keeps: {} },
    keepsKeys: true,
    fromBeginning: initial !== undefined,
    compute: import.meta.inReceive
      ? notInReceive
      : ([rows = []], context) => {
          if (context.time % slideMs !== 0) return null
          if (initial !== undefined) start(context, initial)
          const entries = entriesOf(rows, context)
          return perPartition ? updateAll(f as unknown as UpdateAll, entries, context) : updateEach(f as unknown as Update, entries, context, uid ?? kind)
        },
    nextDue: import.meta.inReceive
      ? notInReceive
      : ({ state, time: now }, { idle }) => {
          const started = initial === undefined || state.size(STATES) > 0 || state.get(ASIDE, STARTED) === true
          if (!started) return nextSlide(now, slideMs)
          return state.size(STATES) === 0 || (idle && !timed && now % slideMs === 0) ? null : nextSlide(now, slideMs)
        },
  })
}

/** Whether a function may look at an argument: `length` does not count rest and default parameters, and nobody counts what `arguments` holds. */
function mayTake(f: (...args: never) => unknown, number: number): boolean {
  if (f.length >= number) return true
  const text = Function.prototype.toString.call(f)
  // Up to here there is no parameter list yet that has ended, unless it has a default value, which shows.
  const parameters = text.slice(0, Math.min(...[text.indexOf(')'), text.indexOf('=>')].filter((at) => at >= 0)))
  return /\.\.\.|=/.test(parameters) || /\barguments\b|\[native code\]/.test(text)
}

/** In its first batch the initial states of this partition stand where the state of the batch before would. */
function start({ state, table, partition, numPartitions }: OperatorContext, initial: StaticTable): void {
  if (state.get(ASIDE, STARTED) === true) return
  state.put(ASIDE, STARTED, true)
  for (const [key, value] of table(initial).entries() as Iterable<readonly [Key, unknown]>) {
    if (partitionOf(key, numPartitions) === partition) state.put(STATES, key, copyOfInitial(initial, key, value))
  }
}

type Entry = readonly [key: Key, values: readonly unknown[], state: unknown]

/** Every key that has state or new values, in the order of keys. */
function entriesOf(rows: Rows, { state }: OperatorContext): readonly Entry[] {
  const arrived = new KeyMap<readonly unknown[]>(rows as readonly (readonly [Key, readonly unknown[]])[])
  const held = Array.from(state.entries(STATES) as Iterable<readonly [Key, unknown]>, ([key, value]): Entry => [key, arrived.get(key) ?? [], value])
  const fresh = [...arrived].filter(([key]) => state.get(STATES, key) === undefined).map(([key, values]): Entry => [key, values, undefined])
  return fresh.length === 0 ? held : [...held, ...fresh].sort(([a], [b]) => compareKeys(a, b))
}

function updateEach(f: Update, entries: readonly Entry[], context: OperatorContext, uid: string): Rows {
  const at = time(context.time)
  return entries.flatMap(([key, values, before]) => {
    let after: unknown
    try {
      after = f(values, before, key, at)
      if (typeof after === 'object') refusePromise(after, 'updateStateByKey')
      keep(context, key, after)
    } catch (error) {
      context.deadLetter(uid, [key, values], error)
      after = context.state.get(STATES, key)
    }
    return after === undefined ? [] : [[key, after]]
  })
}

function updateAll(f: UpdateAll, entries: readonly Entry[], context: OperatorContext): Rows {
  const result = [...(checkIterable(f(entries, time(context.time)), 'updateStateByKey') as Iterable<readonly [Key, unknown]>)]
  const after = new KeyMap<unknown>()
  for (const pair of result) {
    checkPair(pair, 'updateStateByKey')
    const [key, value] = pair
    if (partitionOf(key, context.numPartitions) !== context.partition)
      throw new MillraceError(
        'BAD_VALUE',
        `updateStateByKey's function returned a state for key ${describeValue(key)}, which belongs to another partition: with perPartition it may add keys only with numPartitions: 1`,
      )
    after.set(key, value)
  }
  for (const [key] of entries) keep(context, key, after.get(key))
  for (const [key, value] of after) keep(context, key, value)
  return result
}

/** What did not change is not written: a batch's bytes follow the keys that changed. */
function keep({ state }: OperatorContext, key: Key, after: unknown): void {
  if (after === undefined) state.delete(STATES, key)
  else if (!isDeepStrictEqual(state.get(STATES, key), after)) state.put(STATES, key, after)
}
