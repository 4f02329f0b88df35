// This file is long because mapWithState and updateStateByKey are shown batch by batch: batches in, batches out, and the state after each.
import { type DStream, seconds, type State, type StreamingContext } from 'millrace'
import { describe, expect, it } from 'vitest'
import { runProgram, type Program, type ProgramRun } from '../vectors/run-program.ts'
import type { Layout } from '../vectors/vector.ts'

type Batches = readonly (readonly unknown[])[]
type Build = (ssc: StreamingContext, words: DStream<string>) => Readonly<Record<string, DStream<unknown>>>

const LAYOUTS: readonly Layout[] = [
  { name: 'one partition', numPartitions: 1, shards: 1, seed: 1, silence: 'run', native: false },
  { name: 'three partitions, silence skipped', numPartitions: 3, shards: 2, seed: 2, silence: 'skip', native: false },
]

async function run(input: readonly string[], build: Build, layout: Layout, more: Partial<Program> = {}): Promise<ProgramRun> {
  const batches = input.map((line) => line.split(' ').filter((word) => word !== ''))
  const result = await runProgram(
    {
      intervalMs: 1000,
      batches: batches.length,
      inputs: { words: batches },
      build: (ssc, { words }) => build(ssc, words as DStream<string>),
      restartAfter: [2, 4],
      ...more,
    },
    layout,
  )
  expect(result.error).toBeUndefined()
  return result
}

const sorted = (batches: ProgramRun['outputs'][string] | undefined): Batches =>
  (batches ?? []).map((rows) =>
    [...(rows ?? [])]
      .map((row) => JSON.stringify(row))
      .sort()
      .map((row) => JSON.parse(row) as unknown),
  )

const count = (word: string, one: number | undefined, state: State<number>): string | undefined => {
  if (state.isTimingOut()) return `${word} gone at ${state.get()}`
  state.update((state.getOption() ?? 0) + (one ?? 0))
  return undefined
}

describe.each(LAYOUTS)('$name: mapWithState', (layout) => {
  it('calls the function for every record, and sees its own updates within a batch', async () => {
    const { outputs } = await run(
      ['a a b', '', 'a'],
      (_ssc, words) => ({
        out: words.mapToPair((w) => [w, 1]).mapWithState((w, n, s: State<number>) => (s.update((s.getOption() ?? 0) + (n ?? 0)), `${w}${s.get()}`)),
      }),
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([['a1', 'a2', 'b1'], [], ['a3']])
  })

  it('times a key out in the first batch after it was idle for longer than the time-out', async () => {
    // a: last seen at 1 s, idle for more than 2 s at 4 s; b at 2 s, so at 5 s; c is seen again in time.
    const { outputs, deadLetters } = await run(
      ['a b c', 'b', 'c', '', '', '', ''],
      (_ssc, words) => {
        const mapped = words.mapToPair((w) => [w, 1]).mapWithState(count, { timeout: seconds(2) })
        return { out: mapped, state: mapped.stateSnapshots() }
      },
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[], [], [], ['a gone at 1'], ['b gone at 2'], ['c gone at 2'], []])
    expect(sorted(outputs['state']).slice(2)).toEqual([
      [
        ['a', 1],
        ['b', 2],
        ['c', 2],
      ],
      [
        ['b', 2],
        ['c', 2],
      ],
      [['c', 2]],
      [],
      [],
    ])
    expect(deadLetters).toEqual([])
  })

  it('does not time out a key that gets data in the batch in which it is due', async () => {
    const { outputs } = await run(
      ['a', '', '', 'a', '', '', ''],
      (_ssc, words) => ({ out: words.mapToPair((w) => [w, 1]).mapWithState(count, { timeout: seconds(2) }) }),
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[], [], [], [], [], [], ['a gone at 2']])
  })

  it('takes any data for a sign of life, also without update', async () => {
    const { outputs } = await run(
      ['a', 'a', '', '', ''],
      (_ssc, words) => ({
        out: words
          .mapToPair((w) => [w, 1])
          .mapWithState((w, n, s: State<number>) => (s.exists() ? (s.isTimingOut() ? w : undefined) : (s.update(n ?? 0), undefined)), { timeout: seconds(2) }),
      }),
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[], [], [], [], ['a']])
  })

  it('times out at the slides of a stream that slides slower than the batches', async () => {
    const { outputs } = await run(
      ['a', '', '', '', '', '', '', ''],
      (_ssc, words) => ({
        out: words
          .mapToPair((w) => [w, 1])
          .window(seconds(2), seconds(2))
          .mapWithState(count, { timeout: seconds(1) }),
      }),
      layout,
    )
    expect(outputs['out']?.map((rows) => rows ?? [])).toEqual([[], [], [], ['a gone at 1'], [], [], [], []])
  })

  it('removes a state, and starts anew', async () => {
    const { outputs } = await run(
      ['a', 'a', 'a'],
      (_ssc, words) => {
        const mapped = words
          .mapToPair((w) => [w, 1])
          .mapWithState((w, _n, s: State<number>) => {
            if (!s.exists()) return s.update(7)
            s.remove()
            return `${w} removed`
          })
        return { out: mapped, state: mapped.stateSnapshots() }
      },
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[], ['a removed'], []])
    expect(sorted(outputs['state'])).toEqual([[['a', 7]], [], [['a', 7]]])
  })

  it('looks initial states up when a key is touched; a removed one does not come back', async () => {
    const { outputs } = await run(
      ['a', 'b', 'b', 'a'],
      (ssc, words) => {
        const initialState = ssc.staticTable('before', () =>
          Promise.resolve([
            ['a', 10],
            ['b', 20],
            ['c', 30],
          ] as const),
        )
        const mapped = words
          .mapToPair((w): ['a' | 'b' | 'c', number] => [w as 'a', 1])
          .mapWithState(
            (w, _n, s: State<10 | 20 | 30 | 1>) => {
              const before = s.getOption() ?? 'nothing'
              if (w === 'b' && s.exists()) s.remove()
              else s.update(1)
              return `${w} had ${before}`
            },
            { initialState },
          )
        return { out: mapped, state: mapped.stateSnapshots() }
      },
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([['a had 10'], ['b had 20'], ['b had nothing'], ['a had 1']])
    expect(sorted(outputs['state'])).toEqual([
      [
        ['a', 1],
        ['b', 20],
        ['c', 30],
      ],
      [
        ['a', 1],
        ['c', 30],
      ],
      [
        ['a', 1],
        ['b', 1],
        ['c', 30],
      ],
      [
        ['a', 1],
        ['b', 1],
        ['c', 30],
      ],
    ])
  })

  it('does not let an initial state come back after a time-out', async () => {
    const { outputs } = await run(
      ['a', '', '', '', 'a'],
      (ssc, words) => {
        const initialState = ssc.staticTable('before', () => Promise.resolve([['a', 10]] as [string, number][]))
        return {
          out: words
            .mapToPair((w) => [w, 1])
            .mapWithState((w, n, s: State<number>) => (n === undefined ? `${w} gone at ${s.get()}` : (s.update((s.getOption() ?? 0) + n), s.get())), {
              timeout: seconds(2),
              initialState,
            }),
        }
      },
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[11], [], [], ['a gone at 11'], [1]])
  })

  it('keeps the state of a key as it was where the function throws, and says which record it was', async () => {
    const { outputs, deadLetters } = await run(
      ['a a', 'boom a', 'a'],
      (_ssc, words) => {
        const mapped = words
          .mapToPair((w) => [w === 'boom' ? 'a' : w, w])
          .mapWithState((_key, w, s: State<number>) => {
            s.update((s.getOption() ?? 0) + 1)
            if (w === 'boom') throw new RangeError('boom')
            return s.get()
          })
        return { out: mapped }
      },
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[1, 2], [3], [4]])
    expect(deadLetters).toMatchObject([{ error: { name: 'RangeError' }, row: { key: 'a', value: 'boom' } }])
  })

  it('asks a key again after another time-out when its function throws while it times out', async () => {
    const { outputs, deadLetters } = await run(
      ['a', '', '', '', '', '', '', '', '', ''],
      (_ssc, words) => {
        const mapped = words
          .mapToPair((w) => [w, 1])
          .mapWithState(
            (w, n, s: State<number>, time) => {
              if (n !== undefined) return s.update(n)
              if (time.milliseconds < 8000) throw new Error(`too early at ${time.milliseconds}`)
              return `${w} gone`
            },
            { timeout: seconds(2) },
          )
        return { out: mapped, state: mapped.stateSnapshots() }
      },
      layout,
    )
    expect(deadLetters.map(({ error }) => error.message)).toEqual(['too early at 4000', 'too early at 7000'])
    expect(sorted(outputs['out']).map((rows) => rows.length)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    expect(sorted(outputs['state'])[8]).toEqual([['a', 1]])
    expect(sorted(outputs['state'])[9]).toEqual([])
  })

  it('sends a record whose function misuses its state to the dead letters', async () => {
    const cases: Readonly<Record<string, (s: State<number>) => void>> = {
      get: (s) => s.get(),
      again: (s) => (s.update(1), s.remove(), s.update(2)),
      twice: (s) => (s.remove(), s.remove()),
      nothing: (s) => s.update(undefined as unknown as number),
    }
    const { deadLetters } = await run(
      [Object.keys(cases).join(' ')],
      (_ssc, words) => ({ out: words.mapToPair((w) => [w, 1]).mapWithState((w, _n, s: State<number>) => cases[w]?.(s)) }),
      layout,
    )
    expect(deadLetters.map(({ error }) => error.message.split(':')[0]).sort()).toEqual([
      'Cannot remove the state after it has been removed',
      'Cannot update the state after it has been removed',
      'State is not set',
      'state.update(undefined)',
    ])
  })

  it('refuses a state that is kept and changed later', async () => {
    let kept: State<number> | undefined
    await run(['a'], (_ssc, words) => ({ out: words.mapToPair((w) => [w, 1]).mapWithState((_w, _n, s: State<number>) => void (kept = s)) }), layout)
    expect(() => kept?.update(1)).toThrow('after the function has returned')
  })
})

describe.each(LAYOUTS)('$name: updateStateByKey', (layout) => {
  it('calls the function for every key in every batch, and forgets a key for undefined', async () => {
    const calls: string[] = []
    const { outputs } = await run(
      ['a b', 'a', '', 'b'],
      (_ssc, words) => ({
        out: words
          .mapToPair((w) => [w, 1])
          .updateStateByKey((ones, s: { n: number; idle: number } | undefined, key, time) => {
            calls.push(`${time.milliseconds} ${key} ${ones.length}`)
            const idle = ones.length > 0 ? 0 : (s?.idle ?? 0) + 1
            return idle === 2 ? undefined : { n: (s?.n ?? 0) + ones.length, idle }
          })
          .mapValues(({ n }) => n),
      }),
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([
      [
        ['a', 1],
        ['b', 1],
      ],
      [
        ['a', 2],
        ['b', 1],
      ],
      [['a', 2]],
      [['b', 1]],
    ])
    expect(calls.sort()).toEqual(['1000 a 1', '1000 b 1', '2000 a 1', '2000 b 0', '3000 a 0', '3000 b 0', '4000 a 0', '4000 b 1'])
  })

  it('keeps a state where its function throws; the new values go to the dead letters', async () => {
    const { outputs, deadLetters } = await run(
      ['a b', 'a x', 'a'],
      (_ssc, words) => ({
        out: words
          .mapToPair((w) => [w === 'x' ? 'b' : w, w])
          .updateStateByKey((ws, s: number | undefined) => {
            if (ws.includes('x')) throw new Error('x')
            return (s ?? 0) + ws.length
          }),
      }),
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([
      [
        ['a', 1],
        ['b', 1],
      ],
      [
        ['a', 2],
        ['b', 1],
      ],
      [
        ['a', 3],
        ['b', 1],
      ],
    ])
    expect(deadLetters).toMatchObject([{ row: { key: 'b', value: ['x'] } }])
  })

  it('does not change a state that the function changed in place and then threw', async () => {
    const { outputs } = await run(
      ['a', 'a', 'a'],
      (_ssc, words) => ({
        out: words
          .mapToPair((w) => [w, 1])
          .updateStateByKey((ones, s: { n: number } | undefined, _key, time) => {
            const state = s ?? { n: 0 }
            state.n += ones.length
            if (time.milliseconds === 2000) throw new Error('no')
            return state
          }),
      }),
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([[['a', { n: 1 }]], [['a', { n: 1 }]], [['a', { n: 2 }]]])
  })

  it('takes initial states in before the first batch', async () => {
    const { outputs } = await run(
      ['a', '', 'c'],
      (ssc, words) => {
        const initialState = ssc.staticTable('before', () =>
          Promise.resolve([
            ['a', 10],
            ['b', 20],
          ] as [string, number][]),
        )
        return {
          out: words
            .mapToPair((w) => [w, 1])
            .updateStateByKey((ones, s: number | undefined, key) => (key === 'b' ? undefined : (s ?? 0) + ones.length), { initialState }),
        }
      },
      layout,
    )
    expect(sorted(outputs['out'])).toEqual([
      [['a', 11]],
      [['a', 11]],
      [
        ['a', 11],
        ['c', 1],
      ],
    ])
  })
})

it('refuses a key of another partition in the iterator form', async () => {
  const layout: Layout = { name: '', numPartitions: 4, shards: 1, seed: 1, silence: 'run', native: false }
  const program: Program = {
    intervalMs: 1000,
    batches: 1,
    inputs: { words: [['a']] },
    build: (_ssc, { words }) => ({
      out: (words as DStream<string>)
        .mapToPair((w) => [w, 1])
        .updateStateByKey(() => ['a', 'b', 'c', 'd', 'e'].map((key) => [key, 1] as const), { perPartition: true }),
    }),
  }
  expect((await runProgram(program, layout)).error?.message).toContain('belongs to another partition')
})

it('is due again as long as a function of the time has keys, and not when nothing changes any more', async () => {
  const layout: Layout = { name: '', numPartitions: 1, shards: 1, seed: 1, silence: 'skip', native: false }
  const calls = { timed: 0, plain: 0 }
  const program: Program = {
    intervalMs: 1000,
    batches: 10,
    inputs: { words: [['a']] },
    build: (_ssc, { words }) => ({
      out: (words as DStream<string>)
        .mapToPair((w) => [w, 1])
        .updateStateByKey((ones, s: number | undefined) => (calls.plain++, (s ?? 0) + ones.length))
        .filter(() => false),
    }),
  }
  await runProgram(program, layout)
  expect(calls.plain).toBe(2) // the batch with data, and one without: it changed nothing and put out nothing
  await runProgram(
    {
      ...program,
      build: (_ssc, { words }) => ({
        out: (words as DStream<string>)
          .mapToPair((w) => [w, 1])
          .updateStateByKey((_ones, s: number | undefined, _key, _time) => (calls.timed++, s ?? 1))
          .filter(() => false),
      }),
    },
    layout,
  )
  expect(calls.timed).toBe(10)
})
