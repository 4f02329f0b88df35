// This working tree beside an earlier revision, in one process and taking turns: npm run bench -- --against REV.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as jobs from './jobs.ts'
import { kinesisEvent } from './kinesis-event.ts'
import { jsonLines, logLines } from './lines.ts'
import { cpuMs, keep, measure } from './measure.ts'
import { memoryWorld } from './memory-world.ts'
import { receiveChain } from './receive-chain.ts'
import { table } from './table.ts'

const ROOT = join(import.meta.dirname, '..')
const RECORDS = 9_000
const EVENT_SECONDS = 1_764_000_000

/** A revision's own operators, chains and engine, by way of its own bench folder. */
interface Version {
  readonly jobs: typeof jobs
  readonly receiveChain: typeof receiveChain
  readonly memoryWorld: typeof memoryWorld
}

/** Prints the time of this tree over that of the revision: below 1 it has become faster. */
export async function against(revision: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  const commit = git('rev-parse', '--short', `${revision}^{commit}`)
  git('worktree', 'add', '--quiet', '--detach', folder, commit)
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const now: Version = { jobs, receiveChain, memoryWorld }
    const then = await load(folder)
    const rows = [...(await chains(now, then)), ...(await batches(now, then))]
    console.log(`This tree beside ${commit}, CPU time`)
    console.log(table(['', 'this', commit, 'this/that'], rows))
  } finally {
    git('worktree', 'remove', '--force', folder)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function load(folder: string): Promise<Version> {
  const of = async (file: string): Promise<Record<string, unknown>> =>
    (await import(pathToFileURL(join(folder, 'bench', `${file}.ts`)).href)) as Record<string, unknown>
  const version = { jobs: await of('jobs'), ...(await of('receive-chain')), ...(await of('memory-world')) }
  if (!('receiveChain' in version) || !('memoryWorld' in version)) throw new Error('that revision has no bench/ to run')
  return version as unknown as Version
}

const row = (name: string, now: number, then: number): string[] => [name, `${now.toFixed(2)} ms`, `${then.toFixed(2)} ms`, (now / then).toFixed(2)]

async function chains(now: Version, then: Version): Promise<string[][]> {
  const mixed = kinesisEvent([...logLines(3_000, 4), ...jsonLines(3_000, 5)], EVENT_SECONDS)
  for (const version of [now, then]) {
    const all = [...version.jobs.others, version.jobs.grep, version.jobs.wordCount, version.jobs.jsonCount].map(version.receiveChain)
    for (let round = 0; round < 10; round++) for (const chain of all) keep(chain.run(mixed))
  }
  const rows: string[][] = []
  for (const name of ['grep', 'wordCount', 'jsonCount'] as const) {
    const event = kinesisEvent(name === 'jsonCount' ? jsonLines(RECORDS, 3) : logLines(RECORDS, 2), EVENT_SECONDS)
    const [ours, theirs] = [now.receiveChain(now.jobs[name]), then.receiveChain(then.jobs[name])]
    const ms = await measure<unknown>(
      [
        { name: 'now', run: () => ours.run(event) },
        { name: 'then', run: () => theirs.run(event) },
      ],
      { rounds: 60, warmup: 20 },
    )
    rows.push(row(`${name}, an event of ${RECORDS} records, blocks encoded`, ms.get('now') ?? NaN, ms.get('then') ?? NaN))
  }
  return rows
}

async function batches(now: Version, then: Version): Promise<string[][]> {
  const rows: string[][] = []
  for (const [size, rounds] of [
    [1_000, 80],
    [10_000, 25],
  ] as const) {
    const lines = logLines(size, 9)
    const worlds = [now, then].map((version) => version.memoryWorld(version.jobs.wordCount))
    const total: [number, number] = [0, 0]
    for (let round = -Math.ceil(rounds / 3); round < rounds; round++) {
      for (const side of [0, 1] as const) {
        const [world, records] = [worlds[side], worlds[side]?.records(lines)]
        const ms = await cpuMs(() => world?.batch(records ?? []))
        if (round >= 0) total[side] += ms / rounds
      }
    }
    rows.push(row(`word count, a batch of ${size} records`, ...total))
  }
  return rows
}
