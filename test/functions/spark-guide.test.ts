// The programs of Spark's guide, carried over: what they print, at one and at several shards and partitions.
import { seconds, type Job } from 'millrace'
import { runBatches, type Batches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import hdfsWordCount from '../../functions/spark-guide/hdfs-word-count.ts'
import kinesisWordCount from '../../functions/spark-guide/kinesis-word-count.ts'
import networkWordCount from '../../functions/spark-guide/network-word-count.ts'
import recoverableWordCount from '../../functions/spark-guide/recoverable-network-word-count.ts'
import sqlWordCount from '../../functions/spark-guide/sql-network-word-count.ts'
import statefulWordCount from '../../functions/spark-guide/stateful-network-word-count.ts'
import windowedWordCount from '../../functions/spark-guide/windowed-word-count.ts'

/** What print wrote, by batch time: its rows, sorted. */
async function printed(job: Job, batches: Batches, options: object): Promise<readonly (readonly [timeMs: number, ...rows: string[]])[]> {
  const run = await runBatches(job, batches, options)
  return run.printed.map((block) => {
    const [, time, , ...rows] = block.split('\n')
    return [Number(/Time: (\d+) ms/.exec(time!)![1]), ...rows.filter((row) => row !== '').sort()]
  })
}

describe.each([{}, { shards: 3, numPartitions: 4 }])("Spark's guide, %o", (options) => {
  it('NetworkWordCount counts the words of a batch', async () => {
    expect(await printed(networkWordCount, { lines: [['hello world', 'hello'], ['world']] }, options)).toEqual([
      [1000, '["hello",2]', '["world",1]'],
      [2000, '["world",1]'],
    ])
  })

  it('StatefulNetworkWordCount goes on counting, from its initial state', async () => {
    expect(await printed(statefulWordCount, { lines: [['hello spark'], ['spark'], ['hello']] }, options)).toEqual([
      [1000, '["hello",2]', '["spark",1]'],
      [2000, '["spark",2]'],
      [3000, '["hello",3]'],
    ])
  })

  it('the windowed word count shows 30 seconds every 10, and drains', async () => {
    const lines = [['a b'], ['a'], [], ['b'], [], []]
    expect(await printed(windowedWordCount, { lines }, { ...options, thenSilence: seconds(30) })).toEqual([
      [10_000, '["a",2]', '["b",1]'],
      [20_000, '["a",2]', '["b",2]'],
      [30_000, '["a",2]', '["b",2]'],
      [40_000, '["b",1]'],
      [50_000],
    ])
  })

  it('KinesisWordCountASL counts the words of bytes', async () => {
    const words = [['spark you are', 'my father'].map((line) => new TextEncoder().encode(line)), [new TextEncoder().encode('are you')]]
    expect(await printed(kinesisWordCount, { words }, options)).toEqual([
      [2000, '["are",1]', '["father",1]', '["my",1]', '["spark",1]', '["you",1]'],
      [4000, '["are",1]', '["you",1]'],
    ])
  })

  it('HdfsWordCount counts the words of the files that a batch takes', async () => {
    // Where no folder is watched, its records are given as those of any stream.
    expect(await printed(hdfsWordCount, { 'files-0': [['a b a'], [], ['b']] }, options)).toEqual([
      [2000, '["a",2]', '["b",1]'],
      [6000, '["b",1]'],
    ])
  })

  it('RecoverableNetworkWordCount leaves words out and keeps their number, whatever dies', async () => {
    const lines = [['a x', 'x b'], ['y'], ['c c x']]
    const faults = { timeoutAfterCommit: 0.4, duplicateDelivery: 0.4, staleCache: 0.4 }
    const run = await runBatches(recoverableWordCount, { lines }, { ...options, seed: 3, faults })
    expect(run.text('counts').map(({ timeMs, lines: rows }) => [timeMs, ...rows])).toEqual([
      [1000, '["x",2]'],
      [2000, '["y",1]'],
      [3000, '["x",1]'],
    ])
    expect(run.state('dropped')).toEqual(new Map([['dropped words', 4]]))
  })
})

describe('SqlNetworkWordCount', () => {
  it('counts the words of each batch', async () => {
    const run = await runBatches(sqlWordCount, { lines: [['to be', 'or not to be'], ['to']] })
    expect(run.printed.join('')).toContain('{"word":"be","total":2}\n{"word":"not","total":1}\n{"word":"or","total":1}\n{"word":"to","total":2}')
    expect(run.printed.at(-1)).toContain('{"word":"to","total":1}')
  })
})
