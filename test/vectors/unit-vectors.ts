// Vectors about single functions: durations and times, window checks, output names, State, what mapWithState does to one key.
import { isDeepStrictEqual } from 'node:util'
import { defineJob, type DStream, type Duration, hours, milliseconds, minutes, seconds, type StreamingContext, time, type Time } from 'millrace'
import { rememberedBatches } from '../../lib/dstream/file-selection.ts'
import { mapWithStateNode } from '../../lib/dstream/map-with-state.ts'
import { nextSlide } from '../../lib/dstream/next-slide.ts'
import type { InputNode, OperatorContext } from '../../lib/dstream/node.ts'
import { KeyState, type State } from '../../lib/dstream/state.ts'
import { outputDirectory } from '../../lib/output/output-directory.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { Rdd } from '../../lib/rdd/rdd.ts'
import { StateOverlay } from '../../lib/state/state-overlay.ts'
import { plain } from './compare.ts'
import type { Vector } from './vector.ts'

type Case = (input: never) => unknown

/** Returns what is wrong with a vector that lists inputs and expected results; undefined when nothing is. */
export function checkUnit(vector: Vector): string | undefined {
  const run = UNITS[vector.operation]
  if (run === undefined) return `no runner for the unit operation '${vector.operation}'`
  const expected = vector.expected as readonly unknown[]
  const actual = (vector.input as readonly never[]).map(run(vector))
  if (actual.length !== expected.length) return `${actual.length} cases, expected ${expected.length} results`
  const wrong = expected.findIndex((value, i) => !isDeepStrictEqual(plain(actual[i]), value))
  return wrong === -1 ? undefined : `case ${wrong + 1}: ${JSON.stringify(actual[wrong])}, expected ${JSON.stringify(expected[wrong])}`
}

/** By operation: how to run one of its cases. */
const UNITS: Readonly<Record<string, (vector: Vector) => Case>> = {
  Duration: () => durationCase,
  'Duration / Time comparison':
    () =>
    ([method, a, b]: readonly ['less', number, number]) => {
      const results = [milliseconds(a)[method](milliseconds(b)), time(a)[method](time(b))]
      return results[0] === results[1] ? results[0] : 'Duration and Time differ'
    },
  Time: () => timeCase,
  'Time ranges':
    () =>
    ([method, from, end, step]: readonly ['until' | 'to', number, number, number]) =>
      time(from)
        [method](time(end), milliseconds(step))
        .map((at) => at.milliseconds),
  'first batch time / restart batch time':
    () =>
    ([, nowMs, periodMs]: readonly [string, number, number]) =>
      nextSlide(nowMs, periodMs),
  reduceByKeyAndWindow: () => windowCase,
  'output file naming':
    () =>
    ([prefix, suffix, at]: readonly [string | null, string | null, number]) =>
      outputDirectory(prefix ?? '', at, suffix ?? ''),
  'number of batches whose files are remembered':
    () =>
    ([batchMs, minMs]: readonly [number, number]) =>
      rememberedBatches(batchMs, minMs),
  'State API': () => stateCase,
  'mapWithState single-key record update': () => recordCase,
  'mapWithState state map updates': stateUpdates,
  'add input / transformation / output after start or stop': () => addLateCase,
}

function durationCase([method, a, b]: readonly [string, number, number]): unknown {
  const units: Readonly<Record<string, (n: number) => Duration>> = { Milliseconds: milliseconds, Seconds: seconds, Minutes: minutes, Hours: hours }
  const unit = units[method]
  if (unit !== undefined) return unit(a).milliseconds
  const left = milliseconds(a)
  if (method === 'times') return left.times(b).milliseconds
  if (method === 'isZero') return left.isZero()
  const result = left[method as 'plus' | 'min' | 'div' | 'isMultipleOf'](milliseconds(b))
  return typeof result === 'object' ? result.milliseconds : result
}

function timeCase([method, a, b, zero]: readonly [string, number, number, number]): unknown {
  const left = time(a)
  const results: Readonly<Record<string, () => Time | Duration | boolean>> = {
    plus: () => left.plus(milliseconds(b)),
    minusTime: () => left.minus(time(b)),
    minusDuration: () => left.minus(milliseconds(b)),
    floor: () => left.floor(milliseconds(b)),
    floorZero: () => left.floor(milliseconds(b), time(zero)),
    isMultipleOf: () => left.isMultipleOf(milliseconds(b)),
    min: () => left.min(time(b)),
    max: () => left.max(time(b)),
  }
  const result = results[method]?.()
  return typeof result === 'object' ? result.milliseconds : result
}

function windowCase([window, slide]: readonly [number, number]): unknown {
  const build = (ssc: StreamingContext): void =>
    ssc
      .queueStream([['a']])
      .mapToPair((w) => [w, 1])
      .reduceByKeyAndWindow((a, b) => a + b, seconds(window), seconds(slide))
      .print()
  try {
    planJob(defineJob({ name: 'windows', batchInterval: milliseconds(500) }, build))
    return 'no error'
  } catch (error) {
    return String(error).includes('must be a multiple of the slide duration of parent DStream') ? { error: 'ValueError' } : String(error)
  }
}

function stateCase(steps: readonly string[]): unknown {
  const state = new KeyState<number>()
  for (const step of steps) {
    const n = Number(/\d+/.exec(step)?.[0])
    if (step === 'new' || step === 'wrap(None)') state.open('data', undefined)
    else if (step.startsWith('wrap(Some')) state.open('data', n)
    else if (step.startsWith('wrapTimingOutState')) state.open('timing out', n)
    else if (step.startsWith('update')) state.update(n)
    else state.remove()
  }
  const refuses = (f: () => void): boolean => {
    try {
      f()
      return false
    } catch {
      return true
    }
  }
  if (!state.exists() && !refuses(() => state.get())) return 'get() of no state must throw'
  if ((state.isTimingOut() || state.removed) && !(refuses(() => state.update(1)) && refuses(() => state.remove()))) return 'update() and remove() must throw'
  return { data: state.getOption() ?? null, updated: state.updated, removed: state.removed, timingOut: state.isTimingOut() }
}

const PARENT: InputNode = {
  shape: 'input',
  kind: 'test',
  uid: undefined,
  parents: [],
  slideMs: 1,
  params: {},
  stream: 's',
  decoder: { decode: () => null },
  queue: undefined,
}

/** Runs rows of one batch through mapWithState over a state that is given and returned. */
function mapRows(
  mapping: (key: string, value: unknown, state: State<number>) => unknown,
  rows: readonly (readonly [string, unknown])[],
  states: readonly (readonly [string, number, number])[],
  at: { readonly timeMs: number; readonly timeoutMs?: number },
): { readonly states: readonly (readonly [string, number, number])[]; readonly output: readonly unknown[] } {
  const node = mapWithStateNode(PARENT, mapping, at.timeoutMs === undefined ? {} : { timeout: milliseconds(at.timeoutMs) })
  const overlay = new StateOverlay(undefined, node.stateful?.rank)
  for (const [key, state, updated] of states) overlay.put(0, key, [state, updated])
  const output: unknown[] = []
  const context: OperatorContext = {
    time: at.timeMs,
    partition: 0,
    numPartitions: 1,
    intervalMs: 1,
    state: overlay,
    Rdd,
    table: () => ({ hash: '', get: () => undefined, entries: () => [] }),
    deadLetter: (_operator, _row, error) => {
      throw error
    },
  }
  const { push, end } = node.open((row) => output.push(row), context)
  for (const row of rows) push(row)
  end?.()
  return { output, states: [...overlay.entries(0)].map(([key, entry]) => [key as string, ...(entry as readonly [number, number])] as const) }
}

interface RecordCase {
  readonly initState: number | null
  readonly data: readonly string[]
  readonly timeoutThreshold: number | null
}

function recordCase({ initState, data, timeoutThreshold }: RecordCase): unknown {
  const timingOutStates: number[] = []
  const removedStates: number[] = []
  let functionCalled = false
  const mapping = (_key: string, value: unknown, state: State<number>): unknown => {
    functionCalled = true
    if (value === undefined && state.isTimingOut()) timingOutStates.push(state.get())
    if (value === 'get-state') return state.getOption() ?? -1
    if (value === 'update-state') state.update(state.exists() ? state.get() + 1 : 0)
    if (value === 'remove-state') {
      removedStates.push(state.get())
      state.remove()
    }
    return undefined
  }
  const timeout = timeoutThreshold === null ? {} : { timeoutMs: 2000 - timeoutThreshold }
  const { states, output } = mapRows(
    mapping,
    data.map((value) => ['key', value]),
    initState === null ? [] : [['key', initState, 1000]],
    { timeMs: 2000, ...timeout },
  )
  return { states: states.map(([, state, updated]) => [state, updated]), output, timingOutStates, removedStates, functionCalled }
}

interface UpdateCase {
  readonly name: string
  readonly from_: string
  readonly data: readonly (readonly [string, number])[]
}

function stateUpdates(vector: Vector): Case {
  const { initStates, updateTime } = vector.params as { readonly initStates: readonly (readonly [string, number, number])[]; readonly updateTime: number }
  const sets = new Map([['init', initStates]])
  const mapping = (_key: string, value: unknown, state: State<number>): undefined => {
    if (value === 1) state.update(state.exists() ? state.get() + 1 : 0)
    if (value === 2) state.remove()
  }
  return ({ name, from_, data }: UpdateCase) => {
    const { states } = mapRows(mapping, data, sets.get(from_) ?? [], { timeMs: updateTime })
    sets.set(name, states)
    return states
  }
}

/** A job is built once: what is added after that is added after the start, and after the end. */
function addLateCase(state: 'ACTIVE' | 'STOPPED'): unknown {
  let kept: StreamingContext | undefined
  const job = defineJob({ name: 'late', batchInterval: seconds(1) }, (ssc) => {
    kept = ssc
    ssc.queueStream([[1]]).print()
  })
  let stream: DStream<string> | undefined
  planJob(
    defineJob({ name: 'other', batchInterval: seconds(1) }, (ssc) => {
      stream = ssc.queueStream([['a']])
      stream.print()
    }),
  )
  planJob(job)
  const word = state === 'ACTIVE' ? 'start' : 'stop'
  const attempts = [() => kept?.queueStream([[2]]), () => stream?.map((w) => w), () => stream?.saveAsTextFiles('late')]
  const refused = attempts.filter((attempt) => {
    try {
      attempt()
      return false
    } catch (error) {
      return String(error).includes(word)
    }
  })
  return refused.length === attempts.length ? { error: 'IllegalStateException', messageContains: word } : `${refused.length} of ${attempts.length} refused`
}
