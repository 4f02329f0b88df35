// Two jobs on one bucket, and objects of before under the names that all jobs had in common: nobody deletes what is another's. What is right follows from the records.
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job, type State } from '../../lib/index.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import { createRuntime, type Runtime } from '../../lib/runtime/create-runtime.ts'
import { sharedStateFolder } from '../../lib/runtime/entries/log-names.ts'
import { emptyMemory, type Invocation } from '../../lib/runtime/invocation.ts'
import { MemoryObjects } from '../../lib/runtime/ports/memory-objects.ts'
import { defaultSettings } from '../../lib/runtime/settings.ts'
import { forgetSnapshots, type NamedObjects } from '../../lib/runtime/snapshot/forget-snapshots.ts'
import { makeEngine, type Engine } from './engine.ts'

const SETTINGS = { tailEntries: 3 }

/** How often each word has come. */
const counting = (name: string): Job =>
  defineJob({ name, batchInterval: seconds(10) }, (ssc) =>
    ssc
      .kinesisStream('lines', text())
      .mapToPair((word) => [word, 1])
      .mapWithState(
        (word, _one, state: State<number>) => {
          state.update((state.getOption() ?? 0) + 1)
          return [word, state.get()] as const
        },
        { uid: 'totals' },
      )
      .saveAsJsonFiles('out'),
  )

/** A cold process of a job whose logs are its engine's, and whose bucket is that of all. */
function processOf(engine: Engine, name: string, objects: MemoryObjects): Runtime {
  const plan = planJob(counting(name))
  let ids = 0
  return createRuntime({
    plan,
    ports: { ...engine.ports, objects },
    deploy: 1,
    newId: () => `${name}-${engine.clock.now()}-${++ids}`,
    settings: { ...SETTINGS, outputPrefix: `${name}/` },
    loadTables: () => loadTables(plan.tables),
  })
}

describe('two jobs on one bucket', () => {
  // `state`, `spill`, `task`, `rec` and `jobs` are names as good as any.
  it.each([
    ['old', 'young'],
    ['task', 'rec'],
    ['jobs', 'state'],
  ])('%s and %s keep their state, whoever cleans up', async (old, young) => {
    const objects = new MemoryObjects()
    const jobs = [old, young].map((name) => ({ name, engine: makeEngine(counting(name), SETTINGS), sent: 0 }))
    const send = async (job: (typeof jobs)[number]): Promise<void> => {
      const process = processOf(job.engine, job.name, objects)
      await job.engine.deliver(process, ['x'], { from: job.sent++ })
      await job.engine.runTo(process, 1_000_000 + job.sent * 60_000)
    }
    for (let i = 0; i < 8; i++) await send(jobs[0]!)
    // The entries of the younger one have lower numbers, for which the older one's next snapshot looks.
    for (let i = 0; i < 4; i++) await send(jobs[1]!)
    for (let i = 0; i < 6; i++) await send(jobs[0]!)
    for (let i = 0; i < 4; i++) await send(jobs[1]!)
    for (const { name, sent } of jobs) {
      const parts = (await objects.list(`${name}/out-`)).filter(({ key }) => key.includes('part-')).map(({ key }) => key)
      const lines = await Promise.all(
        parts.toSorted().map(async (key) =>
          Buffer.from((await objects.get(key))!)
            .toString()
            .trim(),
        ),
      )
      expect(lines).toEqual(Array.from({ length: sent }, (_, i) => `["x",${i + 1}]`))
    }
  })
})

describe('objects under the names of before', () => {
  const LOG = 'task/stage/0'
  const shared = (name: string): string => `${sharedStateFolder(LOG)}${name}`
  const named = (entry: number, keys: readonly string[]): NamedObjects => ({ ref: { entry, keys: [...keys] }, state: null as never })

  it("are deleted once none of the job's own snapshots names them, and never for being in a list", async () => {
    const objects = new MemoryObjects()
    const plan = planJob(counting('mine'))
    const run = { plan, ports: { objects }, memory: emptyMemory(defaultSettings(plan.intervalMs)), meter: { counts: {} } } as unknown as Invocation
    const [mine, others] = [shared('1-mine/0'), shared('2-another-job/0')]
    for (const key of [mine, others]) await objects.put(key, new Uint8Array([1]))
    const there = async (): Promise<readonly string[]> => (await objects.list(sharedStateFolder(LOG))).map(({ key }) => key)
    // Whoever is behind may still read the snapshot before.
    await forgetSnapshots(run, LOG, named(10, ['new/0']), named(5, [mine]))
    expect(await there()).toEqual([mine, others])
    await forgetSnapshots(run, LOG, named(15, ['new/1']), named(10, ['new/0']))
    expect(await there()).toEqual([others])
  })
})
