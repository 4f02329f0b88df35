import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job } from '../../lib/index.ts'
import { makeEngine } from './engine.ts'

function program(cities: readonly (readonly [string, string])[], behind: boolean): Job {
  return defineJob({ name: 'cities', batchInterval: seconds(10) }, (ssc) => {
    const table = ssc.staticTable('cities', () => Promise.resolve(cities.map(([code, name]) => [code, name] as const)))
    const pairs = ssc.kinesisStream('lines', text()).mapToPair((code) => [code, 1])
    const joined = behind ? pairs.reduceByKey((a, b) => a + b).joinTable(table) : pairs.joinTable(table)
    joined.saveAsJsonFiles('named')
  })
}

describe.each([
  [false, 'rec/lines/shard-0'],
  [true, 'task/stage-1x1/0'],
] as const)('a static table (behind a shuffle: %s)', (behind, log) => {
  it('stands with its hash in the entries that used it, and a change is reported once', async () => {
    const engine = makeEngine(program([['a', 'Aachen']], behind))
    const versions: readonly (readonly [string, string])[][] = [[['a', 'Aachen']], [['a', 'Aachen']], [['a', 'Ahlen']], [['a', 'Ahlen']]]
    for (const [i, cities] of versions.entries()) {
      const runtime = engine.process({ deploy: i + 1, job: program(cities, behind) })
      await engine.deliver(runtime, ['a'], { from: i })
      await engine.runTo(runtime, 1_000_000 + (i + 1) * 30_000)
    }
    const hashes = (await engine.entries(log)).map((e) => 'tables' in e && e.tables['cities'])
    expect(hashes).toHaveLength(4)
    expect(hashes[0]).toMatch(/\w{8}/)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[1])
    expect(hashes[3]).toBe(hashes[2])
    expect(engine.events.filter((e) => e.event === 'table changed')).toEqual([
      { event: 'table changed', table: 'cities', from: hashes[1], to: hashes[2], log, entry: 2 },
    ])
    expect(await engine.text('named-1070000/part-00000')).toBe('["a",[1,"Ahlen"]]\n')
  })

  it('that is not used is in no entry', async () => {
    const engine = makeEngine(program([['a', 'Aachen']], behind))
    const unused = defineJob({ name: 'cities', batchInterval: seconds(10) }, (ssc) => {
      ssc.staticTable('cities', () => Promise.resolve([['a', 1] as const]))
      ssc.kinesisStream('lines', text()).saveAsTextFiles('lines')
    })
    const runtime = engine.process({ job: unused })
    await engine.deliver(runtime, ['a'])
    await engine.runTo(runtime, 1_030_000)
    for (const own of ['rec/lines/shard-0', 'task/stage-1x1/0']) expect(await engine.entries(own)).toMatchObject([{ tables: {} }])
  })
})
