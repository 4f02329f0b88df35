/** One side of a comparison: does the work once and returns its result. */
export interface Contender<R> {
  readonly name: string
  run(): R | Promise<R>
}

export interface MeasureOptions {
  /** Rounds that count; each runs every contender once, in a rotating order. */
  readonly rounds: number
  /** Rounds that do not: the compiler's. */
  readonly warmup: number
}

/**
 * Returns the median milliseconds on processors of each contender. They take turns within a round, so that a slow minute of the machine
 * hits all of them, and the order rotates, so that none always runs on the garbage of the same other.
 */
export async function measure<R>(contenders: readonly Contender<R>[], options: MeasureOptions): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = -options.warmup; round < options.rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round + options.warmup) % contenders.length]
      if (contender === undefined) continue
      const before = process.cpuUsage()
      const result = contender.run()
      keep(result instanceof Promise ? await result : result)
      const ms = msSince(before)
      if (round >= 0) times.get(contender.name)?.push(ms)
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]))
}

/** Returns the milliseconds on processors that the work took, the collector's threads included: what a core does, whoever else wants it. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return msSince(before)
}

function msSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** Returns the middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

let kept: unknown

/** Keeps a result alive, so that the work for it cannot be optimised away. */
export function keep(value: unknown): void {
  kept = value
}

/** Returns what was kept last. */
export function lastKept(): unknown {
  return kept
}
