import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { csvFile, defineJob, jsonLinesFile, seconds, text, type Job, type SaveAsFilesOptions } from '../../../lib/index.ts'
import { planJob } from '../../../lib/plan/plan-job.ts'
import { readDeadLetters } from '../../../lib/runtime/logs/dead-letters.ts'
import { makeEngine, type Engine } from '../engine.ts'

interface Order {
  readonly country: string | null
  readonly n: number
}

const X = 180_000
const columns = { country: 'text', n: 'integer' } as const

const program = (options: SaveAsFilesOptions<Order>, numPartitions = 1): Job =>
  defineJob({ name: 'orders', batchInterval: seconds(10), numPartitions }, (ssc) => {
    const orders = ssc
      .kinesisStream('lines', text())
      .map((line) => JSON.parse(line) as Order)
      .keyBy(({ n }) => n)
      .groupByKey()
      .flatMap(([, own]) => own)
    orders.saveAsFiles('orders', csvFile({ columns }), options)
  })

const names = async (engine: Engine): Promise<readonly string[]> => (await engine.ports.objects.list('orders')).map(({ key }) => key)
const batchFile = async (engine: Engine, time: number): Promise<Record<string, unknown>> =>
  JSON.parse((await engine.text(`orders/_batches/${time}.json`))!) as Record<string, unknown>
const lines = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row))

describe('a table', () => {
  it('has a file per task and batch, in directories by the batch time and by value; what lists them comes last', async () => {
    const engine = makeEngine(program({ layout: 'hour', partitionBy: ({ country }) => ({ country }) }))
    const runtime = engine.process()
    await engine.deliver(
      runtime,
      lines([
        { country: 'de', n: 1 },
        { country: null, n: 2 },
        { country: 'de', n: 3 },
      ]),
    )
    await engine.runTo(runtime, 1_020_000)
    const dt = 'dt=1970-01-01/hour=00'
    const files = [`${dt}/country=__HIVE_DEFAULT_PARTITION__/1010000-00000.csv`, `${dt}/country=de/1010000-00000.csv`]
    expect(await names(engine)).toEqual(['orders/_batches/1010000.json', ...files.map((file) => `orders/${file}`)])
    expect(parse((await engine.text(`orders/${files[1]!}`))!, { columns: true })).toEqual([
      { country: 'de', n: '1' },
      { country: 'de', n: '3' },
    ])
    const batch = await batchFile(engine, 1_010_000)
    expect(batch).toMatchObject({
      batch: 0,
      time: 1_010_000,
      deadLetters: 0,
      skipped: [],
      files: [
        { name: files[0], rows: 1 },
        { name: files[1], rows: 2 },
      ],
    })
    expect(batch['run']).toMatch(/^000000001010000-/)
  })

  it('lists the files of all partitions, and of batches without rows none', async () => {
    const engine = makeEngine(program({ layout: 'day' }, 4))
    const runtime = engine.process()
    await engine.deliver(runtime, lines(Array.from({ length: 40 }, (_, n) => ({ country: 'de', n }))))
    await engine.runTo(runtime, 1_030_000)
    const { files } = (await batchFile(engine, 1_010_000)) as unknown as { readonly files: readonly { readonly name: string; readonly rows: number }[] }
    expect(files.map(({ name }) => name)).toEqual([0, 1, 2, 3].map((r) => `dt=1970-01-01/1010000-0000${r}.csv`))
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(40)
    const read = await Promise.all(files.map(async ({ name }) => parse<{ readonly n: string }>((await engine.text(`orders/${name}`))!, { columns: true })))
    expect(
      read
        .flat()
        .map(({ n }) => Number(n))
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 40 }, (_, n) => n))
  })

  it('is written again by whoever finds the batch when a process dies before its list', async () => {
    let left = 1
    const engine = makeEngine(program({ layout: 'day' }), {}, (ports) => ({
      ...ports,
      objects: {
        put: (key, bytes) => (key.includes('_batches') && left-- > 0 ? Promise.reject(new Error('killed')) : ports.objects.put(key, bytes)),
        get: (k, r) => ports.objects.get(k, r),
        copy: (a, b) => ports.objects.copy(a, b),
        list: (p) => ports.objects.list(p),
        delete: (k) => ports.objects.delete(k),
      },
    }))
    await engine.deliver(engine.process(), lines([{ country: 'de', n: 1 }]))
    await expect(engine.runTo(engine.process(), 1_020_000)).rejects.toThrow('killed')
    engine.clock.moveTo(1_020_000 + X)
    await engine.tick(engine.process())
    expect(await names(engine)).toEqual(['orders/_batches/1010000.json', 'orders/dt=1970-01-01/1010000-00000.csv'])
    expect(engine.events.filter((e) => e.event === 'computed')).toHaveLength(1)
  })

  it('sends to the dead letters what does not fit, naming column and value, and what no directory can be named by', async () => {
    const engine = makeEngine(program({ partitionBy: ({ country }) => ({ country }) }))
    await engine.deliver(
      engine.process(),
      lines([
        { country: 'de', n: 1.5 },
        { country: 'x'.repeat(201), n: 2 },
        { country: 'fr', n: 3 },
      ]),
    )
    await engine.runTo(engine.process(), 1_020_000)
    expect(await batchFile(engine, 1_010_000)).toMatchObject({ deadLetters: 2, files: [{ name: 'country=fr/1010000-00000.csv', rows: 1 }] })
    const [dead] = await engine.ports.objects.list('_millrace/dead/')
    const letters = await readDeadLetters(engine.ports.objects, { key: dead!.key, count: 2 })
    expect(letters.map(({ error, row }) => [row?.value, error.message])).toEqual([
      [{ country: 'x'.repeat(201), n: 2 }, expect.stringContaining('at most 200 fit')],
      [{ country: 'de', n: 1.5 }, expect.stringContaining("column 'n' is the number 1.5")],
    ])
  })

  it('of more than 100 directories in a task stops the batch with the remedy, until the output is skipped', async () => {
    const engine = makeEngine(program({ partitionBy: ({ n }) => ({ n }) }))
    await engine.deliver(engine.process(), lines(Array.from({ length: 101 }, (_, n) => ({ country: 'de', n }))))
    await engine.runTo(engine.process(), 1_020_000)
    const failed = engine.events.find((e) => e.event === 'failed')
    expect(failed?.['message']).toContain('partitionBy makes 101 directories of 101 rows; at most 100 per task and batch')
    expect(await names(engine)).toEqual([])
    await engine.ports.progress.add(0, { names: [`skip/${String(failed?.['operator'])}`], attributes: {}, atMs: 1_020_000, expiresAtMs: 9e12 })
    await engine.tick(engine.process())
    expect(await names(engine)).toEqual([])
    expect(engine.events.filter((e) => e.event === 'batch')).toHaveLength(1)
  })

  it('of 100 directories is written', async () => {
    const engine = makeEngine(program({ partitionBy: ({ n }) => ({ n }) }))
    await engine.deliver(engine.process(), lines(Array.from({ length: 100 }, (_, n) => ({ country: 'de', n }))))
    await engine.runTo(engine.process(), 1_020_000)
    expect(await names(engine)).toHaveLength(101)
  })

  it('that another run of the job has written is not written over', async () => {
    const first = makeEngine(program({ layout: 'day' }, 4))
    await first.deliver(first.process(), lines(Array.from({ length: 40 }, (_, n) => ({ country: 'de', n }))))
    await first.runTo(first.process(), 1_020_000)
    const other = (await batchFile(first, 1_010_000))['run'] as string
    const anew = makeEngine(program({ layout: 'day' }, 2))
    const left = JSON.stringify({ ...(await batchFile(first, 1_010_000)), run: `${other}x` })
    await anew.ports.objects.put('orders/_batches/1010000.json', Buffer.from(left))
    await anew.deliver(anew.process(), lines([{ country: 'de', n: 1 }]))
    await anew.runTo(anew.process(), 1_020_000)
    expect(anew.events.find((e) => e.event === 'failed')?.['message']).toContain(
      `orders/_batches/1010000.json was written by another run of the job (${other}x; this one is ${other}), and its files would be counted beside those of this one: move the folder orders aside, or take another prefix`,
    )
    expect(await anew.text('orders/_batches/1010000.json')).toBe(left)
    expect(await names(anew)).toHaveLength(1)
  })
})

describe('two outputs', () => {
  const two = (one: [string, object], other: [string, object]): Job =>
    defineJob({ name: 'two', batchInterval: seconds(10) }, (ssc) => {
      const orders = ssc.kinesisStream('lines', text()).map((line) => JSON.parse(line) as Order)
      orders.saveAsFiles(one[0], csvFile({ columns }), one[1])
      orders.saveAsFiles(other[0], other[0] === 'lines' ? jsonLinesFile() : csvFile({ columns }), other[1])
    })
  const plan = (one: [string, object], other: [string, object]): unknown => planJob(two(one, other))

  it.each<[string, [string, object], [string, object], string]>([
    ['the same prefix and suffix', ['a', { layout: 'day' }], ['a', { layout: 'hour' }], "another output writes to 'a/<TIME>-<partition>.csv' already"],
    ['the same folder of a batch', ['a', {}], ['a', {}], "another output writes to 'a-<TIME_IN_MS>.csv' already"],
    ['one within the table of the other', ['a/b', {}], ['a', { layout: 'day' }], "'a/b' lies in 'a', the folder of another output's table"],
  ])('with %s are refused when planned', (_what, one, other, message) => {
    expect(() => plan(one, other)).toThrow(message)
  })

  it('beside each other are not', () => {
    expect(() => plan(['a', { layout: 'day' }], ['ab', { layout: 'day' }])).not.toThrow()
  })
})

it('in the layout of Spark is a folder per batch, and _SUCCESS in it', async () => {
  const engine = makeEngine(program({}))
  await engine.deliver(engine.process(), lines([{ country: 'de', n: 1 }]))
  await engine.runTo(engine.process(), 1_020_000)
  expect(await names(engine)).toEqual(['orders-1010000.csv/_SUCCESS', 'orders-1010000.csv/part-00000'])
  expect(await engine.text('orders-1010000.csv/part-00000')).toBe('country,n\r\nde,1\r\n')
})
