import { checkPair } from '../dstream/check-pair.ts'
import { checkPartitions, uidOf } from '../dstream/check-options.ts'
import type { DStream, PairDStream } from '../dstream/dstream.ts'
import { Hub } from '../dstream/hub.ts'
import type { Named, Shuffle } from '../dstream/keyed-options.ts'
import type { OperatorContext, Rows } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import { KeyMap } from '../values/key-map.ts'
import type { Key } from '../values/key.ts'

/** What a kind of model does: pure functions over plain values. */
export interface Learner<M, T, P, R> {
  /** Spark's name of the class. */
  readonly kind: string
  /** What must not change while models exist: kind, k, dimension. */
  readonly keeps: Readonly<Record<string, string | number>>
  /** The model before the first batch. */
  readonly initial: M
  /** Returns the row; throws BAD_VALUE for one that nothing can be learned from, or said to. */
  readonly asTraining: (row: unknown) => T
  readonly asPoint: (row: unknown) => P
  /** Returns the model after a batch with these rows, at least one. `silent`: how many batches the model has not seen since its last one. */
  readonly train: (model: M, rows: readonly T[], batch: { readonly timeMs: number; readonly silent: number }) => M
  readonly predict: (model: M, point: P) => R
}

/** Where the model is: `uid` names its state, `numPartitions` is for one model per key. */
export interface ModelOptions extends Named, Shuffle {}

/** What is kept of a model, in group 0. */
type Entry = readonly [model: unknown, lastTrainedMs: number]
const MODELS = 0
/** Output of the models that a batch has changed. */
const LATEST = 0
/** The key of the one model of a stream. */
const ONLY = null

type Step = 'train' | 'predict' | 'predictValues'

/**
 * A model that is trained on streams and predicts on streams, as keyed state: one for all rows, in one partition, or one per key. Predictions run where the model is. In a batch the streams are taken in the order
 * of registration: predictOn after trainOn sees the model that this batch has made, before it that of the batch before.
 * A model is touched only by batches with rows for it: how many batches went by is found out by the next one. So a batch costs the keys in it, and the job may rest.
 */
export abstract class StreamingModel<M, T, P, R> {
  readonly #options: ModelOptions
  #hub: { readonly hub: Hub; readonly byKey: boolean } | undefined
  readonly #steps: Step[] = []

  constructor(options: ModelOptions) {
    this.#options = options
  }

  /** Throws BAD_PROGRAM when the model is not complete. */
  protected abstract learner(): Learner<M, T, P, R>

  /** Trains the model on every batch. On several streams: one after the other. */
  trainOn(stream: DStream<T>): void {
    this.#add(stream, 'trainOn', 'train', false)
  }

  /** Returns a DStream of what the model says to every row. */
  predictOn(stream: DStream<P>): DStream<R> {
    return this.#add<R>(stream, 'predictOn', 'predict', false)
  }

  /** Returns a DStream of what the model says to every value, beside its key. */
  predictOnValues<K>(stream: DStream<readonly [K, P]>): DStream<readonly [K, R]> {
    return this.#add<readonly [K, R]>(stream, 'predictOnValues', 'predictValues', false)
  }

  /** Trains a model of its own for every key, all from the same beginning: each is what it would be alone on its stream. */
  trainOnByKey<K extends Key>(pairs: PairDStream<K, T>): void {
    this.#add(pairs, 'trainOnByKey', 'train', true)
  }

  /** Returns a DStream of `[key, what the key's model says]`. */
  predictOnByKey<K extends Key>(pairs: PairDStream<K, P>): PairDStream<K, R> {
    return this.#add<readonly [K, R]>(pairs, 'predictOnByKey', 'predict', true)
  }

  /** Returns a DStream of `[key, [value, what the key's model says]]` of `[key, [value, point]]`. */
  predictOnValuesByKey<K extends Key, V>(pairs: PairDStream<K, readonly [V, P]>): PairDStream<K, readonly [V, R]> {
    return this.#add<readonly [K, readonly [V, R]]>(pairs, 'predictOnValuesByKey', 'predictValues', true)
  }

  /** Returns a DStream of the model after each batch that it was trained in. */
  latestModel(): DStream<M> {
    return this.#output<readonly [null, M]>(LATEST, 'latestModel', false).flatMap(([, model]) => [model])
  }

  /** Returns a DStream of `[key, model]` of the models that were trained in each batch. */
  latestModelByKey<K extends Key>(): PairDStream<K, M> {
    return this.#output<readonly [K, M]>(LATEST, 'latestModelByKey', true)
  }

  /** Returns a DStream of `[key, model]` (`[null, model]` of a single one) of the models that were trained in each batch: what loadModel reads, once it is written with saveAsJsonFiles. */
  snapshots(): PairDStream<Key, M> {
    return this.#output<readonly [Key, M]>(LATEST, 'snapshots', undefined)
  }

  #add<U>(stream: DStream<unknown>, operator: string, step: Step, byKey: boolean): DStream<U> {
    const hub = this.#open(operator, byKey)
    const input = hub.input(stream, operator)
    this.#steps.push(step)
    return hub.output<U>(input + 1, operator)
  }

  #output<U>(output: number, operator: string, byKey: boolean | undefined): DStream<U> {
    return this.#open(operator, byKey ?? this.#hub?.byKey ?? false).output<U>(output, operator)
  }

  #open(operator: string, byKey: boolean): Hub {
    const learner = this.learner()
    this.#hub ??= { byKey, hub: this.#make(learner, byKey) }
    if (this.#hub.byKey !== byKey)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${operator}: this ${learner.kind} is ${this.#hub.byKey ? 'a model per key' : 'one model'} already; take trainOn and predictOn together, or trainOnByKey and predictOnByKey`,
      )
    return this.#hub.hub
  }

  #make(learner: Learner<M, T, P, R>, byKey: boolean): Hub {
    const { numPartitions } = this.#options
    if (numPartitions !== undefined) checkPartitions(numPartitions, learner.kind)
    if (numPartitions !== undefined && !byKey)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${learner.kind}: numPartitions is ${numPartitions}; one model is in one partition: leave it out, or train one per key`,
      )
    return new Hub({
      kind: learner.kind,
      uid: uidOf(this.#options, learner.kind),
      distribution: byKey ? { kind: 'key', numPartitions } : { kind: 'whole' },
      keeps: learner.keeps,
      compute: (inputs, context, emit, slideMs) => new ModelBatch(learner, byKey, context, slideMs).run(this.#steps, inputs, emit),
    })
  }
}

/** One batch of a partition's models. */
class ModelBatch<M, T, P, R> {
  readonly #learner: Learner<M, T, P, R>
  readonly #byKey: boolean
  readonly #context: OperatorContext
  readonly #slideMs: number
  readonly #models = new KeyMap<M>()
  readonly #trained = new KeyMap<true>()

  constructor(learner: Learner<M, T, P, R>, byKey: boolean, context: OperatorContext, slideMs: number) {
    this.#slideMs = slideMs
    this.#learner = learner
    this.#byKey = byKey
    this.#context = context
  }

  run(steps: readonly Step[], inputs: readonly Rows[], emit: (output: number, row: unknown) => void): void {
    const given = inputs.map((rows) => rows.map((row) => this.#split(row)))
    this.#context.state.needKeys(
      MODELS,
      given.flatMap((rows) => rows.map(([key]) => key)),
    )
    given.forEach((rows, input) => {
      if (steps[input] === 'train') this.#train(rows)
      else for (const row of rows) this.#predict(row, steps[input] === 'predictValues', (result) => emit(input + 1, result))
    })
    for (const key of this.#trained.keys()) {
      const model = this.#models.get(key)
      this.#context.state.put(MODELS, key, [model, this.#context.time] satisfies Entry)
      emit(LATEST, [key, model])
    }
  }

  #split(row: unknown): readonly [key: Key, value: unknown, row: unknown] {
    if (!this.#byKey) return [ONLY, row, row]
    const [key, value] = row as readonly [Key, unknown]
    return [key, value, row]
  }

  #train(rows: readonly (readonly [Key, unknown, unknown])[]): void {
    const byKey = new KeyMap<T[]>()
    for (const [key, value, row] of rows) {
      const good = this.#accept(row, () => this.#learner.asTraining(value))
      if (good === undefined) continue
      const list = byKey.get(key)
      if (list === undefined) byKey.set(key, [good])
      else list.push(good)
    }
    for (const [key, list] of byKey) {
      const { time } = this.#context
      // A second training stream sees the model that the first has made in this batch.
      const last = this.#trained.has(key) ? time : (this.#context.state.get(MODELS, key) as Entry | undefined)?.[1]
      const silent = last === undefined || last === time ? 0 : Math.max(0, Math.round((time - last) / this.#slideMs) - 1)
      this.#models.set(key, this.#learner.train(this.#model(key), list, { timeMs: time, silent }))
      this.#trained.set(key, true)
    }
  }

  #predict([key, value, row]: readonly [Key, unknown, unknown], values: boolean, emit: (result: unknown) => void): void {
    const result = this.#accept(row, () => {
      if (values) checkPair(value, this.#learner.kind)
      const point: unknown = values ? (value as readonly unknown[])[1] : value
      const said = this.#learner.predict(this.#model(key), this.#learner.asPoint(point))
      return values ? [(value as readonly unknown[])[0], said] : said
    })
    if (result !== undefined) emit(this.#byKey ? [key, result] : result)
  }

  #model(key: Key): M {
    const known = this.#models.get(key) ?? ((this.#context.state.get(MODELS, key) as Entry | undefined)?.[0] as M | undefined)
    return known ?? this.#learner.initial
  }

  #accept<U>(row: unknown, f: () => U): U | undefined {
    try {
      return f()
    } catch (error) {
      this.#context.deadLetter(this.#learner.kind, this.#byKey ? row : [ONLY, row], error)
      return undefined
    }
  }
}
