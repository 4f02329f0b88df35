import { DEFAULT_MEMORY_MB } from '../../lib/cdk/limits.ts'
import { table } from '../table.ts'
import { costOf, gbSeconds, type Cost } from './cost-of.ts'
import { LOADS } from './loads.ts'
import { measureLoad, type Measured } from './measure-load.ts'

const THRESHOLDS_KB = [4, 8, 12, 16, 24, 32, 64, 128]
/** Distinct keys of a batch, and words of a record: enough that all keys occur in a batch. */
const WORDS: Readonly<Record<number, number>> = { 1_000: 1, 5_000: 1, 10_000: 2, 20_000: 4, 50_000: 10 }
const CASES = [
  [1_000, 1],
  [5_000, 4],
  [10_000, 1],
  [10_000, 4],
  [20_000, 1],
  [20_000, 4],
  [50_000, 1],
  [50_000, 4],
] as const
/** Eight batches. */
const FOR_MS = 40_000

/** Prints what word count costs with other thresholds above which an entry goes to S3. */
export async function thresholds(): Promise<void> {
  const byCase: { readonly name: string; readonly costs: readonly Cost[] }[] = []
  for (const [keys, partitions] of CASES) {
    const name = `${keys.toLocaleString('en-US')} keys, ${partitions} partition${partitions > 1 ? 's' : ''}`
    const measured: Measured[] = []
    for (const kb of THRESHOLDS_KB)
      measured.push(await measureLoad({ ...LOADS[1], keys, words: WORDS[keys] ?? 1, partitions, spillBytes: kb * 1024, forMs: FOR_MS }))
    const costs = measured.map((m) => costOf(m, DEFAULT_MEMORY_MB))
    byCase.push({ name, costs })
    console.log(`\n${name}: per million records`)
    const rows = measured.map((m, i) => {
      const cost = costs[i] as Cost
      const million = (n: number): string => Math.round((n * 1e6) / m.records).toLocaleString('en-US')
      return [
        `${THRESHOLDS_KB[i]} KB`,
        kb(m.receiverBytes),
        kb(m.taskBytes),
        ...[m.writeUnits, m.readUnits, m.s3Puts, m.s3Gets, gbSeconds(m.lambdaMs, DEFAULT_MEMORY_MB)].map(million),
        ...[cost.writes, cost.reads, cost.s3, cost.lambda, cost.all].map(usd),
        `${(m.resultMs / 1_000).toFixed(2)} s`,
      ]
    })
    console.log(
      table(
        ['', 'receiver entry', 'task entry', 'write units', 'read units', 'puts', 'gets', 'GB-s', 'USD writes', 'reads', 'S3', 'Lambda', 'in all', 'result'],
        rows,
      ),
    )
  }
  console.log('\nUSD per million records, and how much more than with the cheapest threshold of each line, on the average')
  const above = THRESHOLDS_KB.map((_, i) => mean(byCase.map(({ costs }) => (costs[i]?.all ?? 0) / Math.min(...costs.map(({ all }) => all)) - 1)))
  console.log(
    table(
      ['', ...THRESHOLDS_KB.map((n) => `${n} KB`)],
      [
        ...byCase.map(({ name, costs }) => [name, ...costs.map(({ all }) => usd(all))]),
        ['above the cheapest', ...above.map((n) => `${(n * 100).toFixed(1)}%`)],
      ],
    ),
  )
}

const usd = (n: number): string => n.toFixed(4)
const kb = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`
const mean = (all: readonly number[]): number => all.reduce((sum, n) => sum + n, 0) / all.length
