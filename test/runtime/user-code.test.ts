// No function of a program stops the stream otherwise than the docs say: what it throws, returns, keeps and leaves behind. What is right follows from the records.
import { describe, expect, it } from 'vitest'
import { defineJob, milliseconds, minutes, seconds, text, type DStream, type PairDStream, type State, type Time } from '../../lib/index.ts'
import { failureOf } from '../../lib/runtime/task/failure.ts'
import { makeEngine, type Engine } from './engine.ts'
import { linesOf } from './lines-of.ts'

class Money {
  readonly amount: number
  constructor(amount: number) {
    this.amount = amount
  }
}
type Build = (words: DStream<string>) => void
const money = (amount: number): never => new Money(amount) as never

async function run(build: Build, batches: readonly (readonly string[])[], settings: { readonly onError?: 'fail' } = {}): Promise<Engine> {
  const job = defineJob({ name: 'j', batchInterval: seconds(10), ...settings }, (ssc) => build(ssc.kinesisStream('lines', text())))
  const engine = makeEngine(job)
  const process = engine.process()
  let from = 0
  for (const lines of batches) {
    const end = engine.clock.now() + 20_000
    await engine.deliver(process, lines, { from })
    from += lines.length
    await engine.runTo(process, end)
    await engine.tick(process)
  }
  return engine
}

async function letters(engine: Engine): Promise<readonly unknown[]> {
  const found: unknown[] = []
  const logs = new Set([...engine.ports.log.entries()].map(({ log }) => log).filter((log) => log.startsWith('task/')))
  for (const log of logs) for (const { operator, row, error } of await engine.deadLetters(log)) found.push([operator, row, error.message])
  return found
}

const ones = (words: DStream<string>): PairDStream<string, number> => words.mapToPair((word) => [word, 1])

describe('a value that cannot be stored', () => {
  it('in a state is the dead letter of its record: the key keeps its state, all others go on', async () => {
    const engine = await run(
      (words) =>
        ones(words)
          .mapWithState(
            (word, _one, state: State<unknown>) => {
              const n = ((state.getOption() as number | undefined) ?? 0) + 1
              state.update(word === 'bad' && n > 1 ? new Money(n) : n)
              return [word, n] as const
            },
            { uid: 'op' },
          )
          .saveAsJsonFiles('out'),
      [['good', 'bad', 'bad', 'good']],
    )
    expect(await linesOf(engine, 'out')).toEqual(['["good",1]', '["bad",1]', '["good",2]'])
    expect(await letters(engine)).toEqual([
      ['op', { key: 'bad', value: 1 }, expect.stringMatching(/the state of key the string "bad" in operator 'op': .*an instance of Money/)],
    ])
  })

  it('in updateStateByKey is a dead letter of that key in that batch', async () => {
    const engine = await run(
      (words) =>
        ones(words)
          .updateStateByKey((values, sum: number | undefined, key) => (key === 'bad' && sum !== undefined ? money(1) : (sum ?? 0) + values.length), {
            uid: 'op',
          })
          .saveAsJsonFiles('out'),
      [
        ['good', 'bad'],
        ['good', 'bad'],
      ],
    )
    expect((await linesOf(engine, 'out')).slice(0, 2)).toEqual(['["bad",1]', '["good",1]'])
    expect(await linesOf(engine, 'out')).toContain('["good",2]')
    expect(await linesOf(engine, 'out')).not.toContain('["bad",2]')
    expect((await letters(engine))[0]).toEqual(['op', { key: 'bad', value: expect.anything() }, expect.stringContaining('an instance of Money')])
  })

  it('in a window is a dead letter of its row, once', async () => {
    const engine = await run(
      (words) =>
        ones(words)
          .groupByKey()
          .map(([word]) => ({ word, price: word === 'bad' ? money(1) : 2 }))
          .window(seconds(20), seconds(10), { uid: 'w' })
          .map(({ word }) => word)
          .saveAsTextFiles('out'),
      [['good', 'bad']],
    )
    expect(new Set(await linesOf(engine, 'out'))).toEqual(new Set(['good']))
    expect(await letters(engine)).toEqual([
      [expect.stringMatching(/^map/), expect.anything(), expect.stringMatching(/a row that operator 'w' keeps: value\.price cannot be stored/)],
    ])
  })

  it('made by a reduce function stops the batch, naming operator and key, and can be skipped', async () => {
    const engine = await run(
      (words) =>
        ones(words)
          .reduceByKeyAndWindow(
            () => money(1),
            () => money(1),
            seconds(40),
            seconds(10),
            { uid: 'op' },
          )
          .map(([word]) => word)
          .saveAsTextFiles('out'),
      [['a'], ['a'], ['a']],
    )
    const number = (await engine.entries('batch')).length - 1
    const failure = failureOf(await engine.ports.progress.get(number))
    expect(failure).toMatchObject({ operator: 'op', message: expect.stringMatching(/key the string "a" in operator 'op'.*an instance of Money/) })
    await engine.ports.progress.add(number, { names: ['skip/op'], attributes: {}, atMs: engine.clock.now(), expiresAtMs: null })
    await engine.tick(engine.process())
    expect((await engine.ports.progress.get(number))?.names.has('finish')).toBe(true)
  })

  it("follows onError: 'fail'", async () => {
    const engine = await run(
      (words) =>
        ones(words)
          .mapWithState((_word, _one, state: State<unknown>) => state.update(new Money(1)), { uid: 'op' })
          .saveAsJsonFiles('out'),
      [['a']],
      { onError: 'fail' },
    )
    expect(failureOf(await engine.ports.progress.get(0))).toMatchObject({ operator: 'op' })
  })
})

describe('a Promise', () => {
  it.each<[string, Build]>([
    ['map', (words) => words.map(() => Promise.reject(new Error('network')) as never).saveAsTextFiles('out')],
    [
      'mapToPair',
      (words) =>
        words
          .mapToPair(() => Promise.reject(new Error('network')) as never)
          .groupByKey()
          .saveAsJsonFiles('out'),
    ],
    [
      'reduceByKey',
      (words) =>
        ones(words)
          .reduceByKey(() => Promise.reject(new Error('network')) as never)
          .saveAsJsonFiles('out'),
    ],
    ['transform', (words) => words.transform(() => Promise.reject(new Error('network')) as never).saveAsTextFiles('out')],
  ])('that %s returned and that rejects leaves nothing behind', async (_operator, build) => {
    const left: unknown[] = []
    const listener = (error: unknown): unknown => left.push(error)
    process.on('unhandledRejection', listener)
    try {
      const engine = await run(build, [['a', 'a']])
      await new Promise((resolve) => setImmediate(resolve))
      expect(left).toEqual([])
      const said =
        JSON.stringify([...engine.ports.progress.items()].map(([, { attributes }]) => [...attributes])) +
        JSON.stringify(await letters(engine)) +
        JSON.stringify(await engine.deadLetters('rec/lines/shard-0'))
      expect(said).toContain('returned a Promise')
    } finally {
      process.off('unhandledRejection', listener)
    }
  })
})

describe('what a time-out emits', () => {
  it('takes effect whole or not at all, in the states behind it too', async () => {
    const engine = await run(
      (words) =>
        ones(words)
          .mapWithState(
            (word, one, state: State<number>) => {
              if (one === undefined) return [word, 'bye'] as const
              state.update(one)
              return [word, 'hello'] as const
            },
            { uid: 'first', timeout: seconds(20) },
          )
          .mapWithState(
            (word, what: string | undefined, state: State<string[]>) => {
              state.update([...(state.getOption() ?? []), what ?? '?'])
              return [word, state.get()] as const
            },
            { uid: 'second' },
          )
          .map(([word, all]) => {
            if (all.at(-1) === 'bye') throw new Error('no bye')
            return [word, all] as const
          })
          .saveAsJsonFiles('out'),
      [['a'], [], [], [], [], ['a']],
    )
    expect(await linesOf(engine, 'out')).toEqual(['["a",["hello"]]', '["a",["hello","hello"]]'])
    expect(await letters(engine)).toEqual([[expect.stringMatching(/^map-/), { key: 'a', value: 'bye' }, 'no bye']])
  })
})

describe('initial states', () => {
  it('are not changed by a function that changes what it is given', async () => {
    const table = [['a', { n: 100 }]] as const
    const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) =>
      ssc
        .kinesisStream('lines', text())
        .mapToPair((word) => [word.slice(0, 1), word])
        .mapWithState(
          (key, word, state: State<{ n: number }>) => {
            const held = state.getOption() ?? { n: 0 }
            held.n++
            if (word === 'a!') throw new Error('bad')
            state.update(held)
            return [key, held.n] as const
          },
          { uid: 'x', initialState: ssc.staticTable('t', async () => table) },
        )
        .saveAsJsonFiles('out'),
    )
    const engine = makeEngine(job)
    const process = engine.process()
    await engine.deliver(process, ['a!', 'a!', 'a'])
    await engine.runTo(process, 1_060_000)
    await engine.deliver(process, ['a'], { from: 10 })
    await engine.runTo(process, 1_120_000)
    expect(await linesOf(engine, 'out')).toEqual(['["a",101]', '["a",102]'])
  })
})

describe('updateStateByKey', () => {
  // Forgets a key that has been quiet for a minute: who must be called in every batch, whatever the parameters look like.
  const forget = (values: readonly number[], since: number | undefined, at: Time): number | undefined =>
    values.length > 0 ? at.milliseconds : at.milliseconds - (since ?? at.milliseconds) > minutes(1).milliseconds ? undefined : since
  type Update = (values: readonly number[], since: number | undefined, key: string, at: Time) => number | undefined
  it.each<[string, Update]>([
    ['plain parameters', (values, since, _key, at) => forget(values, since, at)],
    ['rest parameters', (...given) => forget(given[0], given[1], given[3])],
    ['a default', (values, since = 0, _key, at) => forget(values, since === 0 ? undefined : since, at)],
    ['a bound function', ((values: readonly number[], since: number | undefined, _key: string, at: Time) => forget(values, since, at)).bind(null)],
    // oxlint-disable-next-line prefer-rest-params
    [
      'arguments',
      function () {
        return forget(arguments[0] as number[], arguments[1] as number, arguments[3] as Time)
      },
    ],
  ])('with %s is called until it has forgotten the key', async (_what, update) => {
    const engine = await run(
      (words) =>
        ones(words)
          .updateStateByKey(update, { uid: 'x' })
          .filter(() => false)
          .saveAsJsonFiles('out'),
      [['a'], ...Array.from({ length: 6 }, () => [])],
    )
    const times = (await engine.entries('batch')).map((entry) => (entry as { readonly time: number }).time)
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(milliseconds(70_000).milliseconds)
  })
})
