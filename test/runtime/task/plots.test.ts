// The engine keeps what batches plot: entry k of the log `plots` is of batch k, of all partitions, whoever dies.
import { describe, expect, it } from 'vitest'
import { defineJob, json, minutes, seconds, text, type Job, type StandardSchema } from '../../../lib/index.ts'
import { decodePlot, type Plot } from '../../../lib/output/plot.ts'
import type { PlotsEntry } from '../../../lib/runtime/entries/entry.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'
import { PlotHistory } from '../../../lib/tools/read-plots.ts'
import { makeEngine, type Engine } from '../engine.ts'

const X = 180_000

interface Sale {
  readonly shop: string
  readonly price: number
}

// Every input here is one.
const SALE: StandardSchema<Sale> = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Sale }) } }

const program = (numPartitions = 1): Job =>
  defineJob({ name: 'shops', batchInterval: seconds(10), numPartitions }, (ssc) => {
    const sales = ssc.kinesisStream('lines', json(SALE))
    const revenue = sales.mapToPair(({ shop, price }) => [shop, price]).reduceByKey((a, b) => a + b)
    revenue.plot('Revenue')
    revenue.plot('Revenue by shop', { kind: 'line', x: 'time', y: 'value', by: 'key', last: minutes(1) })
    sales.plot('Sales', { kind: 'table' })
    sales.count().plot('Number of sales', { kind: 'number' })
    ssc.dashboard('Shops', [['Number of sales', 'Revenue'], ['Revenue by shop']])
  })

const sale = (shop: string, price: number): Sale => ({ shop, price })
const BATCHES: readonly (readonly Sale[])[] = [[sale('a', 5), sale('b', 2), sale('a', 1)], [sale('c', 9)], [sale('b', 1), sale('a', -4), sale('d', 0.5)]]

async function feed(engine: Engine, batches = BATCHES): Promise<void> {
  let from = 0
  for (const batch of batches) {
    await engine.deliver(
      engine.process(),
      batch.map((one) => JSON.stringify(one)),
      { from },
    )
    from += batch.length
    await engine.runTo(engine.process(), engine.clock.now() + 10_000)
  }
  await engine.runTo(engine.process(), engine.clock.now() + 20_000)
}

/** By shop, from the sales. */
function revenueOf(sales: readonly Sale[]): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>()
  for (const { shop, price } of sales) sums.set(shop, (sums.get(shop) ?? 0) + price)
  return [...sums]
}

function expectPlots(entry: PlotsEntry | undefined, sales: readonly Sale[]): void {
  const plots = new Map((entry?.plots ?? []).map(decodePlot).map((plot): [string, Plot] => [plot.title, plot]))
  const revenue = revenueOf(sales)
  expect(plots.get('Revenue')?.rows).toEqual(revenue.toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)))
  expect(plots.get('Revenue by shop')?.rows).toEqual(revenue.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([shop, sum]) => [entry?.time, sum, shop]))
  expect(plots.get('Sales')).toMatchObject({ columns: ['shop', 'price'], leftOut: 0 })
  expect(
    plots
      .get('Sales')
      ?.rows.map((row) => JSON.stringify(row))
      .toSorted(),
  ).toEqual(sales.map(({ shop, price }) => JSON.stringify([shop, price])).toSorted())
  expect(plots.get('Number of sales')?.rows.map(([, n]) => n)).toEqual([sales.length])
  expect(entry?.dashboard).toEqual({ title: 'Shops', rows: [['Number of sales', 'Revenue'], ['Revenue by shop']] })
}

const entriesOf = async (engine: Engine): Promise<readonly PlotsEntry[]> => (await engine.entries('plots')) as readonly PlotsEntry[]

describe('plots', () => {
  it.each([1, 4])('of each batch stand in one entry, of all of %i partitions', async (numPartitions) => {
    const engine = makeEngine(program(numPartitions))
    await feed(engine)
    const entries = await entriesOf(engine)
    expect(entries.length).toBeGreaterThanOrEqual(BATCHES.length)
    BATCHES.forEach((sales, k) => expectPlots(entries[k], sales))
    expect(
      entries
        .slice(BATCHES.length)
        .flatMap((entry) => entry.plots.map(decodePlot))
        .flatMap(({ title, rows }) => (title === 'Number of sales' ? [] : rows)),
    ).toEqual([])
  })

  it.each([1, 4])('are there once the batch is closed, though processes die at the put, before it and after, at %i partitions', async (numPartitions) => {
    for (const after of [false, true]) {
      const died = new Set<number>()
      const dying = (ports: Ports): Ports => ({
        ...ports,
        log: {
          ...ports.log,
          get: (key, options) => ports.log.get(key, options),
          getMany: (keys, options) => ports.log.getMany(keys, options),
          newest: (log) => ports.log.newest(log),
          put: async (key, bytes, options) => {
            if (key.log !== 'plots' || key.n > 4 || died.has(key.n)) return ports.log.put(key, bytes, options)
            died.add(key.n)
            if (after) await ports.log.put(key, bytes, options)
            throw new Error('killed')
          },
        },
      })
      const engine = makeEngine(program(numPartitions), {}, dying)
      let from = 0
      const arrivals: (readonly [atMs: number, sales: readonly Sale[]])[] = []
      for (const sales of BATCHES) {
        arrivals.push([engine.clock.now(), sales])
        await engine.deliver(
          engine.process(),
          sales.map((one) => JSON.stringify(one)),
          { from },
        )
        from += sales.length
        // Whoever dies is replaced after a while.
        for (let tries = 0; tries < 8; tries++) {
          try {
            await engine.runTo(engine.process(), engine.clock.now() + 20_000)
            await engine.tick(engine.process())
          } catch (error) {
            expect((error as Error).message).toBe('killed')
          }
          engine.clock.moveTo(engine.clock.now() + X)
        }
      }
      const entries = await entriesOf(engine)
      for (const [atMs, sales] of arrivals)
        expectPlots(
          entries.find(({ time }) => time > atMs && time - 10_000 <= atMs),
          sales,
        )
      expect(died.size).toBeGreaterThanOrEqual(BATCHES.length)
    }
  })

  it('cost nothing where nothing is plotted', async () => {
    const plain = defineJob({ name: 'shops', batchInterval: seconds(10) }, (ssc) => ssc.kinesisStream('lines', json(SALE)).count().print())
    const engine = makeEngine(plain)
    await feed(engine)
    expect(await entriesOf(engine)).toEqual([])
  })

  it('that are too large warn with the remedy, and the batch goes on', async () => {
    const wide = defineJob({ name: 'wide', batchInterval: seconds(10) }, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .flatMap((n) => Array.from({ length: Number(n) }, (_, i) => ({ i })))
        .plot('Wide', { kind: 'table' })
    })
    const engine = makeEngine(wide)
    await engine.deliver(engine.process(), ['1500'])
    await engine.runTo(engine.process(), engine.clock.now() + 30_000)
    const [entry] = await entriesOf(engine)
    const plot = decodePlot(entry?.plots[0] ?? new Uint8Array())
    expect(plot.rows.length + plot.leftOut).toBe(1_500)
    expect(plot.leftOut).toBeGreaterThanOrEqual(500)
    expect(engine.events.filter(({ event }) => event === 'warning').map((event) => event['message'])).toEqual([
      `plot 'Wide' shows ${plot.rows.length} rows, and ${plot.leftOut} were too many for it: plot fewer, such as the largest, or of each key one`,
    ])
  })
})

describe('the dashboard', () => {
  it('shows the newest bars, and lines as far back as they go', async () => {
    const engine = makeEngine(program())
    // 12 batches of 10 s; the line goes back a minute.
    const batches = Array.from({ length: 12 }, (_, i) => [sale('a', i + 1)])
    await feed(engine, batches)
    const history = new PlotHistory()
    const data = await history.read(engine.ports.log)
    const newest = (await entriesOf(engine)).at(-1)
    expect(data).toMatchObject({ title: 'Shops', rows: [['Number of sales', 'Revenue'], ['Revenue by shop'], ['Sales']], timeMs: newest?.time })
    const line = data.plots.find(({ title }) => title === 'Revenue by shop')
    const first = 1_010_000
    const expected = batches.flatMap(([one], i) => (first + i * 10_000 > newest!.time - 60_000 ? [[first + i * 10_000, one?.price, 'a']] : []))
    expect(expected.length).toBeGreaterThan(3)
    expect(line?.rows).toEqual(expected)
    expect(line).toMatchObject({ every: 1, cut: false })
    // Again from what it remembers: the same.
    expect(await history.read(engine.ports.log)).toEqual(data)
  })

  it('of a job without plots is empty', async () => {
    expect(await new PlotHistory().read(makeEngine(program()).ports.log)).toEqual({ title: null, rows: [], plots: [], batch: null, timeMs: null })
  })
})
