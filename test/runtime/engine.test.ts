import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../lib/index.ts'
import { makeEngine } from './engine.ts'

const wordCount = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .flatMap((line) => line.split(' '))
    .mapToPair((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
})

describe('the engine over the in-memory twins', () => {
  it.each([1, 4])('turns records into files, once (%i partitions)', async (numPartitions) => {
    const engine = makeEngine(wordCount)
    const runtime = engine.process({ numPartitions })
    expect(await engine.deliver(runtime, ['a b', 'a'])).toEqual({ consumed: 2, duplicates: 0 })
    await engine.runTo(runtime, 1_030_000)
    const objects = await engine.ports.objects.list('counts-')
    expect(objects.map((o) => o.key).at(0)).toBe('counts-1010000/_SUCCESS')
    const lines = (await Promise.all(objects.filter((o) => o.key.includes('part-')).map((o) => engine.text(o.key)))).join('').split('\n').filter(Boolean).sort()
    expect(lines).toEqual(['["a",2]', '["b",1]'])
    expect(engine.events.filter((e) => e.event === 'computed')).toHaveLength(numPartitions)
  })

  it('drops what it has seen, whatever the boundaries of the retry', async () => {
    const engine = makeEngine(wordCount)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b'])
    expect(await engine.deliver(runtime, ['a', 'b', 'c'])).toEqual({ consumed: 3, duplicates: 2 })
    expect(await engine.deliver(engine.process(), ['b', 'c'], { from: 1 })).toEqual({ consumed: 2, duplicates: 2 })
    await engine.runTo(runtime, 1_030_000)
    expect(await engine.text('counts-1010000/part-00000')).toBe('["a",1]\n["b",1]\n["c",1]\n')
  })
})
