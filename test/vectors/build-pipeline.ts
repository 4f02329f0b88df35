// Turns the steps of a vector into a DStream program.
import { type DStream, type Key, milliseconds, type PairDStream, type RDD, type State, type StreamingContext, type Time } from 'millrace'
import type { Branch, Step } from './vector.ts'

type Any = DStream<unknown>
type Pairs = PairDStream<Key, unknown>
type Fn = (...args: readonly unknown[]) => unknown

export interface Streams {
  readonly [name: string]: Any
}

/** Returns the function that a JavaScript source stands for. */
export function functionOf(source: unknown): Fn {
  // oxlint-disable-next-line no-implied-eval -- vectors carry their functions as source text
  return new Function(`return (${String(source)})`)() as Fn
}

/** Through the handlers a vector runs on intervals this many times as long: batches of a second would overlap with the time they wait for their records. */
export const HANDLER_SCALE = 100
const scaled = new WeakSet<StreamingContext>()

/** From here on this context's times are longer by HANDLER_SCALE. */
export function scale(ssc: StreamingContext): void {
  scaled.add(ssc)
}

function scaleOf(ssc: StreamingContext): number {
  return scaled.has(ssc) ? HANDLER_SCALE : 1
}

/** Returns the stream at the end of a vector's pipeline. */
export function buildPipeline(ssc: StreamingContext, streams: Streams, start: string, steps: readonly Step[]): Any {
  const first = streams[start]
  if (first === undefined) throw new Error(`the vector has no stream ${start}; it has ${Object.keys(streams).join(', ')}`)
  return steps.reduce((stream, step) => applyStep(ssc, streams, stream, step), first)
}

function applyStep(ssc: StreamingContext, streams: Streams, stream: Any, step: Step): Any {
  const pairs = stream as Pairs
  const fn = (name = 'fn'): Fn => functionOf(step[name])
  const two = (name = 'fn'): ((a: unknown, b: unknown) => unknown) => fn(name)
  const ms = (name: string): ReturnType<typeof milliseconds> => milliseconds(Math.round(Number(step[name]) * 1000) * scaleOf(ssc))
  const branch = ({ stream: name, pipeline }: Branch): Any => buildPipeline(ssc, streams, name, pipeline)
  const other = (): Any => branch(step['other'] as Branch)
  const others = (): readonly Any[] => (step['others'] as readonly Branch[]).map(branch)
  switch (step.op) {
    case 'map':
      return stream.map(fn())
    case 'flatMap':
      return stream.flatMap(fn() as (x: unknown) => Iterable<unknown>)
    case 'filter':
      return stream.filter(fn() as (x: unknown) => boolean)
    case 'glom':
      return stream.glom()
    case 'mapPartitions':
      return stream.mapPartitions((values) => fn()([...values]) as Iterable<unknown>)
    case 'repartition':
      return stream.repartition(Number(step['n']))
    case 'reduce':
      return stream.reduce(two())
    case 'count':
      return stream.count()
    case 'countByValue':
      return (stream as DStream<Key>).countByValue()
    case 'union':
      return stream.union(other())
    case 'contextUnion':
      return ssc.union([stream, ...others()])
    case 'transform':
      return stream.transform(rddFunction(step['rdd']))
    case 'transformWith':
      return pairs.transformWith(other() as Pairs, withOther(String(step['rdd'])))
    case 'contextTransform':
      return ssc.transform([stream, ...others()], (rdds) => unionOf(rdds as readonly RDD<unknown>[], String(step['rdd'])))
    case 'mapValues':
      return pairs.mapValues(fn())
    case 'flatMapValues':
      return pairs.flatMapValues(fn() as (x: unknown) => Iterable<unknown>)
    case 'groupByKey':
      return pairs.groupByKey()
    case 'reduceByKey':
      return pairs.reduceByKey(two())
    case 'combineByKey':
      return pairs.combineByKey(fn('create'), two('mergeValue'), two('mergeCombiners'))
    case 'cogroup':
      return pairs.cogroup(other() as Pairs)
    case 'join':
      return pairs.join(other() as Pairs)
    case 'leftOuterJoin':
      return pairs.leftOuterJoin(other() as Pairs)
    case 'rightOuterJoin':
      return pairs.rightOuterJoin(other() as Pairs)
    case 'fullOuterJoin':
      return pairs.fullOuterJoin(other() as Pairs)
    case 'window':
      return stream.window(ms('windowSec'), ms('slideSec'))
    case 'reduceByWindow':
      return step['invFn'] === undefined
        ? stream.reduceByWindow(two(), ms('windowSec'), ms('slideSec'))
        : stream.reduceByWindow(two(), two('invFn'), ms('windowSec'), ms('slideSec'))
    case 'countByWindow':
      return stream.countByWindow(ms('windowSec'), ms('slideSec'))
    case 'countByValueAndWindow':
      return (stream as DStream<Key>).countByValueAndWindow(ms('windowSec'), ms('slideSec'))
    case 'groupByKeyAndWindow':
      return pairs.groupByKeyAndWindow(ms('windowSec'), ms('slideSec'))
    case 'reduceByKeyAndWindow': {
      if (step['invFn'] === undefined) return pairs.reduceByKeyAndWindow(two(), ms('windowSec'), ms('slideSec'))
      const filter = step['filterFn'] === undefined ? {} : { filter: fn('filterFn') as (pair: unknown) => boolean }
      return pairs.reduceByKeyAndWindow(two(), two('invFn'), ms('windowSec'), ms('slideSec'), filter)
    }
    case 'updateStateByKey':
      return updateState(ssc, pairs, step)
    case 'mapWithState':
      return mapWithState(ssc, pairs, step).mapped
    case 'stateSnapshots':
      return mapWithState(ssc, pairs, step).snapshots
    default:
      throw new Error(`the vector uses the operation ${step.op}, which this runner does not know`)
  }
}

type PairRdd = RDD<readonly [Key, unknown]>
const TOGETHER = ['join', 'leftOuterJoin', 'rightOuterJoin', 'fullOuterJoin', 'cogroup', 'union', 'cartesian', 'subtractByKey'] as const

function withOther(name: string): (a: PairRdd, b: PairRdd) => RDD<unknown> {
  const method = TOGETHER.find((known) => known === name)
  if (method === undefined) throw new Error(`the vector puts RDDs together by '${name}', which this runner does not know`)
  return (a, b) => (a[method] as (other: PairRdd) => RDD<unknown>).call(a, b)
}

const RDD_STEPS: Readonly<Record<string, (rdd: RDD<unknown>, f: Fn) => RDD<unknown>>> = {
  map: (rdd, f) => rdd.map(f),
  flatMap: (rdd, f) => rdd.flatMap(f as (x: unknown) => Iterable<unknown>),
  filter: (rdd, f) => rdd.filter(f as (x: unknown) => boolean),
  mapValues: (rdd, f) => (rdd as PairRdd).mapValues(f),
  reduceByKey: (rdd, f) => (rdd as PairRdd).reduceByKey(f),
  groupByKey: (rdd) => (rdd as PairRdd).groupByKey(),
  sortByKey: (rdd) => (rdd as PairRdd).sortByKey(),
  sortBy: (rdd, f) => rdd.sortBy(f as (x: unknown) => Key),
  distinct: (rdd) => (rdd as RDD<Key>).distinct(),
  zipWithIndex: (rdd) => rdd.zipWithIndex(),
  cartesianSelf: (rdd) => rdd.cartesian(rdd),
}

function rddFunction(rdd: unknown): (rdd: RDD<unknown>) => RDD<unknown> {
  if (rdd === null) return () => null as unknown as RDD<unknown>
  const steps = (rdd as readonly Step[]).map((step) => {
    const apply = RDD_STEPS[step.op]
    if (apply === undefined) throw new Error(`the vector uses the RDD operation ${step.op}, which this runner does not know`)
    const f = step['fn'] === undefined ? (x: unknown): unknown => x : functionOf(step['fn'])
    return (result: RDD<unknown>) => apply(result, f)
  })
  return (start) => steps.reduce((result, step) => step(result), start)
}

function unionOf(rdds: readonly RDD<unknown>[], text: string): RDD<unknown> {
  const order = text === 'union' ? rdds.map((_, i) => i) : [...text.matchAll(/rdd(\d+)/g)].map(([, i]) => Number(i) - 1)
  const [first, ...rest] = order.flatMap((i) => rdds[i] ?? [])
  if (first === undefined) throw new Error(`the vector unites '${text}', which names no stream`)
  return rest.reduce((a, b) => a.union(b), first)
}

function initialOf(ssc: StreamingContext, step: Step): { readonly initialState?: ReturnType<StreamingContext['staticTable']> } {
  if (step['initial'] === undefined) return {}
  return { initialState: ssc.staticTable('initial', () => Promise.resolve(step['initial'] as readonly (readonly [Key, unknown])[])) }
}

function updateState(ssc: StreamingContext, pairs: Pairs, step: Step): Any {
  const initial = initialOf(ssc, step) as object
  if (step['iteratorFn'] !== undefined)
    return pairs.updateStateByKey((entries) => functionOf(step['iteratorFn'])(entries) as Iterable<readonly [Key, unknown]>, { perPartition: true, ...initial })
  if (step['timeFn'] !== undefined) {
    const timed = functionOf(step['timeFn'])
    return pairs.updateStateByKey((values, state, key, time: Time) => timed(time.milliseconds / scaleOf(ssc), key, values, state), initial)
  }
  const update = functionOf(step['fn'])
  return pairs.updateStateByKey((values, state: unknown) => update(values, state), initial)
}

/** Returns what mapWithState emits, and its snapshots. */
export function mapWithState(ssc: StreamingContext, pairs: Pairs, step: Step): { readonly mapped: Any; readonly snapshots: Any } {
  const f = functionOf(step['fn'])
  const timeout = step['timeoutSec'] === undefined ? {} : { timeout: milliseconds(Number(step['timeoutSec']) * 1000 * scaleOf(ssc)) }
  const mapped = pairs.mapWithState((key, value, state: State<unknown>, time) => f(time.milliseconds / scaleOf(ssc), key, value, state), {
    ...timeout,
    ...(initialOf(ssc, step) as object),
  })
  return { mapped, snapshots: mapped.stateSnapshots() }
}
