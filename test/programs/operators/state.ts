import { type Key, seconds, type State, StateSpec, type Time } from 'millrace'
import type { Random } from 'millrace/testing'
import { type Cell, fitting, MAPPING, UPDATE } from '../functions.ts'
import { type Building, INTERVAL_MS, type Operator, pairs, type ProgramNode, somePartitions, type Stream, values } from '../operator.ts'
import { Dict, group, isPairs, pairOf, type Rows, type Value, type ValuePair } from '../values.ts'

/** Initial states of some keys, some of which the stream will have. */
const initial = ({ type }: Stream, random: Random): { readonly table?: readonly ValuePair[] } => {
  const key = isPairs(type) ? type.pair[0] : undefined
  if (!random.chance(0.35) || (key !== 'number' && key !== 'string')) return {}
  return { table: (key === 'number' ? [0, 2, 17] : ['a', 'even', 'nobody']).map((k, i): ValuePair => [k, i + 1]) }
}
const initialOf = ({ node, table }: Building): object => (node.table === undefined ? {} : { initialState: table() })

const keyOf = ({ type }: Stream): Stream['type'] => (isPairs(type) ? type.pair[0] : type)
const numbered = (stream: Stream): Stream => ({ type: pairOf(keyOf(stream), 'number'), slide: stream.slide, unique: true })

type Entries = readonly (readonly [key: Key, values: readonly Value[], state: Value])[]

/** What a mapping sees of Millrace's state. */
function cellOf(state: State<Value>): Cell {
  return {
    get state() {
      return state.getOption() as number | undefined
    },
    timingOut: state.isTimingOut(),
    update: (n) => state.update(n),
    remove: () => state.remove(),
  }
}

interface Held {
  readonly state: number
  /** Batch of the last sign of life; Infinity: an initial state that nothing has touched never times out. */
  readonly seen: number
}

/** Calls the mapping with a key's state, and keeps what it makes of it. */
function call(
  held: Dict<Held>,
  node: ProgramNode,
  { key, value, at, atMs, timingOut }: { readonly key: Value; readonly value: Value; readonly at: number; readonly atMs: number; readonly timingOut: boolean },
): Value {
  let state = held.get(key)?.state
  let updated = false
  let removed = timingOut
  const mapped = MAPPING[node.fn!]!.f(
    key,
    value,
    {
      get state() {
        return state
      },
      timingOut,
      update: (n) => {
        state = n
        updated = true
      },
      remove: () => {
        state = undefined
        removed = true
      },
    },
    atMs,
  )
  if (removed) held.delete(key)
  // With a time-out any row is a sign of life.
  else if (state !== undefined && (updated || node.timeout !== undefined)) held.set(key, { state, seen: at })
  return mapped
}

/** That remember keys. */
export const STATE: Readonly<Record<string, Operator>> = {
  updateStateByKey: {
    offers: ([s], random) => {
      if (!isPairs(s!.type)) return []
      const all = fitting(UPDATE, s!.type.pair[1])
      return all.map(({ fn }) => ({
        weight: 3 / all.length,
        node: { fn, ...initial(s!, random), ...somePartitions(random), ...(random.chance(0.2) ? { form: 'per partition' } : {}) },
        stream: numbered(s!),
      }))
    },
    build: (building) => {
      const { of, node, shuffle } = building
      const { f, timed } = UPDATE[node.fn!]!
      const options = { ...shuffle, ...initialOf(building) }
      const update = (vs: readonly Value[], state: Value, key: Key, time: Time): Value => f(vs, state as number | undefined, key, time.milliseconds)
      if (node.form === 'per partition')
        return values(
          pairs(of[0]).updateStateByKey(
            (entries: Entries, time: Time) =>
              entries.flatMap(([key, vs, state]) => {
                const next = update(vs, state, key, time)
                return next === undefined ? [] : [[key, next] as const]
              }),
            { ...options, perPartition: true },
          ),
        )
      // A function of two is called for what changed and as long as states do; one of the time in every batch.
      return values(
        timed === true
          ? pairs(of[0]).updateStateByKey(update as never, options)
          : pairs(of[0]).updateStateByKey(((vs: readonly Value[], state: Value) => f(vs, state as number | undefined, '', 0)) as never, options),
      )
    },
    means: (node) => {
      const state = new Dict<number>(node.table as readonly (readonly [Value, number])[] | undefined)
      return ({ rows, atMs }) => {
        const arrived = group(rows())
        for (const key of new Set([...state.keys(), ...arrived.keys().filter((one) => !state.has(one))])) {
          const next = UPDATE[node.fn!]!.f(arrived.get(key) ?? [], state.get(key), key, atMs)
          if (next === undefined) state.delete(key)
          else state.set(key, next)
        }
        return state.entries()
      }
    },
  },
  mapWithState: {
    offers: ([s], random) => {
      if (!isPairs(s!.type)) return []
      const [key, value] = s!.type.pair
      const all = fitting(MAPPING, value).filter(({ fn }) => MAPPING[fn]!.unique !== true || s!.unique)
      return all.map(({ fn }) => {
        const form = random.pick(['rows', 'rows', 'spec', 'snapshots'])
        const timeout = random.chance(0.5) ? { timeout: s!.slide * (1 + random.int(4)) } : {}
        const to = MAPPING[fn]!.to === 'K' ? key : pairOf(key, 'number')
        // A time-out may put out a row of a key that has one already.
        const stream: Stream =
          form === 'snapshots' ? numbered(s!) : { type: to, slide: s!.slide, unique: s!.unique && isPairs(to) && timeout.timeout === undefined }
        return { weight: 4 / all.length, node: { fn, form, ...timeout, ...initial(s!, random), ...somePartitions(random) }, stream }
      })
    },
    build: (building) => {
      const { of, node, shuffle } = building
      const mapping = (key: Key, value: Value, state: State<Value>, time: Time): Value => MAPPING[node.fn!]!.f(key, value, cellOf(state), time.milliseconds)
      const timeout = node.timeout === undefined ? {} : { timeout: seconds((node.timeout * INTERVAL_MS) / 1000) }
      if (node.form === 'spec') {
        let spec = StateSpec.function(mapping)
        if (timeout.timeout !== undefined) spec = spec.timeout(timeout.timeout)
        if (node.table !== undefined) spec = spec.initialState(building.table())
        if (shuffle.numPartitions !== undefined) spec = spec.numPartitions(shuffle.numPartitions)
        return values(pairs(of[0]).mapWithState(spec as never))
      }
      const mapped = pairs(of[0]).mapWithState(mapping as never, { ...shuffle, ...timeout, ...initialOf(building) })
      return values(node.form === 'snapshots' ? mapped.stateSnapshots() : mapped)
    },
    means: (node) => {
      const held = new Dict<Held>((node.table ?? []).map(([key, state]) => [key, { state: state as number, seen: Infinity }] as const))
      return ({ rows, at, atMs }) => {
        const out: Value[] = (rows() as readonly ValuePair[]).map(([key, value]) => call(held, node, { key, value, at, atMs, timingOut: false }))
        // Idle for longer than the time-out.
        for (const [key, { seen }] of held.entries())
          if (node.timeout !== undefined && seen < at - node.timeout) out.push(call(held, node, { key, value: undefined, at, atMs, timingOut: true }))
        return node.form === 'snapshots' ? held.entries().map(([key, { state }]): Rows => [key, state]) : out.filter((row) => row !== undefined)
      }
    },
  },
}
