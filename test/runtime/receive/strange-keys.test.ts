import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Key, type State } from '../../../lib/index.ts'
import { makeEngine } from '../engine.ts'
import { linesOf } from '../lines-of.ts'

const sum = (a: number, b: number): number => a + b

/** Data that no function is to fall over: keys and values as JSON. */
const STRANGE: readonly (readonly [string, Key])[] = [
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['hasOwnProperty', 'hasOwnProperty'],
  ['', ''],
  ['a zero character', '\0'],
  ['a lone high surrogate', '\ud800'],
  ['a lone low surrogate', '\udc00'],
  ['surrogates the wrong way round', '\udc00\ud800'],
  ['a pair', '😀'],
  ['a composed character', 'é'],
  ['the same, decomposed', 'e\u0301'],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['0 and -0, one key', -0],
  ['1', 1],
  ['the text 1', '1'],
  ['2 ** 53', 2 ** 53],
  ['a bigint', 2n ** 70n],
  ['1n', 1n],
  ['true', true],
  ['null', null],
  ['an empty tuple', []],
  ['a tuple', ['__proto__', NaN, [null, '\ud800']]],
]

describe.each([1, 3])('strange keys (%i partitions)', (numPartitions) => {
  it('go through shuffles, state, windows, files and snapshots as the values that they are', async () => {
    const seen: (readonly [string, Key, number])[] = []
    const job = defineJob({ name: 'strange', batchInterval: seconds(10), numPartitions }, (ssc) => {
      const pairs = ssc.kinesisStream('lines', text()).mapToPair((i) => [STRANGE[Number(i)]![1], 1])
      const note =
        (what: string) =>
        (rdd: { collect(): readonly (readonly [Key, number])[] }): void =>
          rdd.collect().forEach(([key, n]) => void seen.push([what, key, n]))
      pairs.reduceByKey(sum).foreachRDD(note('sum'), { uid: 'a', perPartition: true })
      pairs
        .reduceByKeyAndWindow(sum, (a, b) => a - b, seconds(20), seconds(10), { uid: 'w', filter: ([, n]) => n > 0 })
        .foreachRDD(note('window'), { uid: 'b', perPartition: true })
      pairs
        .mapWithState(
          (key, n, state: State<{ readonly n: number; readonly ['__proto__']: string }>) => {
            state.update(JSON.parse(`{"n":${(state.getOption()?.n ?? 0) + (n ?? 0)},"__proto__":"own"}`) as { n: number; ['__proto__']: string })
            return [key, Object.hasOwn(state.get(), '__proto__') ? state.get().n : -1] as const
          },
          { uid: 's' },
        )
        .foreachRDD(note('state'), { uid: 'c', perPartition: true })
      pairs
        .reduceByKey(sum)
        .mapToPair(([key, n]) => [[key, 'again'] as const, n])
        .reduceByKey(sum)
        .map(([[key], n]) => [key, n] as const)
        .foreachRDD(note('twice'), { uid: 'd', perPartition: true })
      pairs.saveAsJsonFiles('files')
    })
    const engine = makeEngine(job, { tailEntries: 1, spillBytes: 500 })
    for (let k = 0; k < 3; k++) {
      await engine.deliver(
        engine.process(),
        STRANGE.map((_, i) => String(i)),
        { from: k * STRANGE.length },
      )
      await engine.runTo(engine.process(), 1_000_000 + (k + 1) * 10_000 + 4_000)
    }
    expect(await engine.deadLetters('rec/lines/shard-0')).toEqual([])
    const same = (a: Key, b: Key): boolean =>
      Array.isArray(a) && Array.isArray(b)
        ? a.length === b.length && a.every((x, i) => same(x as Key, b[i] as Key))
        : a === b || (Number.isNaN(a) && Number.isNaN(b))
    for (const [name, key] of STRANGE) {
      const own = seen.filter(([, k]) => same(k, key))
      const of = (what: string): readonly number[] => own.filter(([w]) => w === what).map(([, , n]) => n)
      expect([name, of('sum'), of('window').slice(0, 3), of('state'), of('twice')]).toEqual([name, [1, 1, 1], [1, 2, 2], [1, 2, 3], [1, 1, 1]])
    }
    expect((await linesOf(engine, 'files')).filter((line) => line === '["\\ud800",1]')).toHaveLength(3)
  })
})
