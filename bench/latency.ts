// npm run bench:latency [-- --seed N]: from an event's arrival in Kinesis to the object that shows it, and how fast a lag is worked off.
import { parseArgs } from 'node:util'
import { defineJob, seconds, text, type Job } from 'millrace'
import { AwsWorld, START_MS } from './aws-world.ts'
import { catchUp } from './catch-up.ts'
import { FASTER_S3, PUBLISHED, type Delays } from './delays.ts'
import { quantile } from './quantile.ts'
import { table } from './table.ts'

interface Load {
  readonly name: string
  readonly shards: number
  readonly forMs: number
  /** Schedules puts; each line names its arrival. */
  feed(world: AwsWorld): void
}

/** Events at random times, so many per second on the average, to shards by `key`. */
function poisson(perSecond: number, key: (i: number) => string): (world: AwsWorld) => void {
  return (world) => {
    let n = 0
    const next = (): void => {
      world.put(String(world.time.now()), key(n++))
      world.time.after(Math.max(1, -Math.log(1 - world.random.next()) * (1_000 / perSecond)), next)
    }
    world.time.after(world.random.span(0, 1_000), next)
  }
}

const LOADS: readonly Load[] = [
  { name: 'busy: 4 shards, 100 events/s', shards: 4, forMs: 10 * 60_000, feed: poisson(100, (i) => `key-${i}`) },
  { name: 'sparse: one event in 50 s', shards: 1, forMs: 8 * 3_600_000, feed: poisson(0.02, () => 'key') },
  { name: 'one of 2 shards idle, 5 events/s', shards: 2, forMs: 30 * 60_000, feed: poisson(5, () => 'key') },
]
const WARM_UP_BATCHES = 3
const INTERVALS = [1, 5, 10, 60]

function linesJob(intervalSeconds: number): Job {
  return defineJob({ name: 'lines', batchInterval: seconds(intervalSeconds) }, (ssc) => {
    ssc.kinesisStream('lines', text()).saveAsTextFiles('lines')
  })
}

async function latencies(
  load: Load,
  intervalSeconds: number,
  { seed, delays }: { readonly seed: number; readonly delays: Delays },
): Promise<readonly number[]> {
  const all: number[] = []
  const seen = new Set<string>()
  // A shard that is seen for the first time may be a child of another: its first records wait for a batch.
  const from = START_MS + WARM_UP_BATCHES * intervalSeconds * 1_000
  const world = new AwsWorld({
    job: linesJob(intervalSeconds),
    seed,
    shards: load.shards,
    delays,
    onObject: (key, bytes, atMs) => {
      if (!key.includes('/part-') || seen.has(key)) return
      seen.add(key)
      for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) if (Number(line) >= from) all.push(atMs - Number(line))
    },
  })
  load.feed(world)
  // Long enough for both: a minute's batches must be many.
  await world.runTo(START_MS + Math.max(load.forMs, intervalSeconds * 60_000))
  return all.sort((a, b) => a - b)
}

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } })
const seed = Number(values.seed)
const rows: string[][] = []
for (const interval of INTERVALS) {
  for (const load of LOADS) {
    const all = await latencies(load, interval, { seed, delays: PUBLISHED })
    const [p50, p99] = [quantile(all, 0.5) / 1_000, quantile(all, 0.99) / 1_000]
    rows.push([
      load.name,
      `${interval} s`,
      String(all.length),
      `${p50.toFixed(1)} s`,
      `${p99.toFixed(1)} s`,
      `${(p50 / interval).toFixed(2)} I`,
      `${(p99 / interval).toFixed(2)} I`,
      `+${(p99 - interval).toFixed(1)} s`,
    ])
  }
}
console.log(`Event to visible object, simulated, AWS's published delays (bench/delays.ts), seed ${seed}`)
console.log(table(['', 'interval', 'events', 'p50', 'p99', 'p50', 'p99', 'p99 over I'], rows))
console.log('')
await catchUp(seed, [
  ['S3 as AWS publishes it, 100-200 ms', PUBLISHED],
  ['S3 at 20-60 ms', FASTER_S3],
])
