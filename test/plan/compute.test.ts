import { describe, expect, it } from 'vitest'
import { defineJob, json, milliseconds, seconds, text, type State } from '../../lib/index.ts'
import { runPlan } from './run-plan.ts'

const second = { name: 't', batchInterval: seconds(1) }

describe('a plan computes what the program says', () => {
  it.each([
    { numPartitions: 1, shards: 1 },
    { numPartitions: 4, shards: 3 },
  ])('counts words ($numPartitions partitions, $shards shards)', async (size) => {
    const job = defineJob(second, (ssc) => {
      const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
      words
        .mapToPair((word) => [word, 1])
        .reduceByKey((a, b) => a + b)
        .saveAsJsonFiles('counts')
    })
    const run = await runPlan(job, { lines: [['a b a', 'b a'], ['c']] }, size)
    const lines = (time: number): string[] =>
      run.outputs
        .filter((o) => o.time === time)
        .flatMap((o) => o.text.split('\n').filter(Boolean))
        .sort()
    expect(lines(1000)).toEqual(['["a",3]', '["b",2]'])
    expect(lines(2000)).toEqual(['["c",1]'])
    expect(run.outputs[0]?.directory).toBe('counts-1000')
  })

  it('two shuffles, then the whole batch', async () => {
    const job = defineJob({ ...second, numPartitions: 4 }, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .mapToPair((word) => [word, 1])
        .reduceByKey((a, b) => a + b)
        .mapToPair(([word, n]) => [word.length, n])
        .reduceByKey((a, b) => a + b)
        .transform((rdd) => rdd.sortBy(([length]) => length, { ascending: false }))
        .saveAsTextFiles('lengths')
    })
    const run = await runPlan(job, { lines: [['a', 'bb', 'cc', 'bb', 'ddd']] }, { shards: 2 })
    expect(run.outputs.map((o) => o.text)).toEqual(['[3,1]\n[2,3]\n[1,1]\n'])
  })

  it('slides a window with an inverse, and drains', async () => {
    const job = defineJob(second, (ssc) => {
      const pairs = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
      pairs
        .reduceByKeyAndWindow(
          (a, b) => a + b,
          (a, b) => a - b,
          seconds(2),
          seconds(1),
          { filter: ([, n]) => n > 0 },
        )
        .saveAsJsonFiles('counts')
    })
    const run = await runPlan(job, { lines: [['a', 'a'], ['a', 'b'], [], []] })
    expect(run.outputs.map((o) => o.text)).toEqual(['["a",2]\n', '["a",3]\n["b",1]\n', '["a",1]\n["b",1]\n', ''])
    expect(run.nextDue).toEqual([2000, 3000, 4000, null])
  })

  it('times out a session in the batch it is due in', async () => {
    const job = defineJob(second, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .mapToPair((word) => [word, 1])
        .mapWithState(
          (key, n, state: State<number>) => {
            if (n === undefined) return `${key} over at ${state.get()}`
            state.update((state.getOption() ?? 0) + n)
            return `${key}=${state.get()}`
          },
          { timeout: seconds(2) },
        )
        .saveAsTextFiles('out')
    })
    const run = await runPlan(job, { lines: [['a', 'b', 'a'], ['b'], [], [], []] })
    expect(run.outputs.map((o) => o.text)).toEqual(['a=1\nb=1\na=2\n', 'b=2\n', '', 'a over at 2\n', 'b over at 2\n'])
    expect(run.nextDue).toEqual([4000, 4000, 4000, 5000, null])
  })
})

describe('a record takes effect whole or not at all', () => {
  it('in stage 0, in all its branches', async () => {
    const job = defineJob({ name: 't', batchInterval: milliseconds(500) }, (ssc) => {
      const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
      words
        .mapToPair((word) => [word, 1])
        .reduceByKey((a, b) => a + b)
        .saveAsJsonFiles('counts')
      words
        .map((word) => {
          if (word === 'bad') throw new TypeError('no')
          return word
        })
        .saveAsTextFiles('words')
    })
    const run = await runPlan(job, { lines: [['x y', 'x bad', 'z']] })
    expect(run.outputs.map((o) => o.text)).toEqual(['["x",1]\n["y",1]\n["z",1]\n', 'x\ny\nz\n'])
    expect(run.deadLetters).toHaveLength(1)
    expect(run.deadLetters[0]).toMatchObject({ error: { name: 'TypeError', message: 'no' }, record: { stream: 'lines', data: Buffer.from('x bad') } })
    expect(run.deadLetters[0]?.operator).toMatch(/^map-/)
  })

  it('behind a shuffle: the state of a key stays as it was', async () => {
    const job = defineJob(second, (ssc) => {
      ssc
        .kinesisStream('rows', json())
        .map((row) => row as [string, number])
        .mapToPair(([k, n]) => [k, n])
        .mapWithState((_key, n, state: State<number>) => {
          state.update((state.getOption() ?? 0) + (n ?? 0))
          return state.get()
        })
        .map((total) => {
          if (total > 10) throw new RangeError('too much')
          return total
        })
        .saveAsTextFiles('totals')
    })
    const run = await runPlan(job, {
      rows: [
        [
          ['a', 4],
          ['a', 50],
          ['a', 5],
        ],
        [['a', 1]],
      ],
    })
    expect(run.outputs.map((o) => o.text)).toEqual(['4\n9\n', '10\n'])
    expect(run.deadLetters).toMatchObject([{ row: { key: 'a', value: 50 }, error: { name: 'RangeError' } }])
  })

  it('a reduce that throws is tried again behind the shuffle, then stops the batch and names itself', async () => {
    const job = defineJob(second, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .mapToPair((w) => [w, 1])
        .reduceByKey((a, b) => {
          if (a + b > 2) throw new Error('three')
          return a + b
        })
        .saveAsJsonFiles('counts')
    })
    await expect(runPlan(job, { lines: [['a', 'a', 'b']] })).resolves.toMatchObject({ outputs: [{ text: '["a",2]\n["b",1]\n' }] })
    await expect(runPlan(job, { lines: [['a', 'a', 'a']] })).rejects.toThrow(
      /operator 'reduceByKey-\w+' threw while it combined the values of key "a": Error: three/,
    )
  })
})
