import { expect, it } from 'vitest'
import { raiseDeploy } from '../../lib/tools/raise-deploy.ts'
import { switchSources } from '../../lib/tools/switch-sources.ts'
import { MemoryLog } from '../../lib/runtime/ports/memory-log.ts'
import { deployed, StubLambda } from './deployed.ts'

function pace(): { now(): number; sleep(ms: number): Promise<void> } {
  let nowMs = 0
  return { now: () => nowMs, sleep: async (ms) => void (nowMs += ms) }
}

async function switched(lambda: StubLambda, on: boolean): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name, state } of switchSources(lambda.control, deployed('words'), { on, pace: pace() })) names.push(`${name} ${state}`)
  return names
}

it('pause and resume switch the streams before the queues, of this job alone, and once', async () => {
  const lambda = new StubLambda()
  lambda.add('words')
  lambda.add('airports')
  expect(await switched(lambda, false)).toEqual(['lines Disabled', 'ticks Disabled', 'tasks Disabled'])
  expect(lambda.changes).toEqual(['words-lines: Disabling', 'words-ticks: Disabling', 'words-tasks: Disabling'])
  expect(await switched(lambda, false)).toEqual([])
  expect(await switched(lambda, true)).toEqual(['lines Enabled', 'ticks Enabled', 'tasks Enabled'])
  expect(lambda.changes.slice(3)).toEqual(['words-lines: Enabling', 'words-ticks: Enabling', 'words-tasks: Enabling'])
})

it('a half-done pause is finished', async () => {
  const lambda = new StubLambda()
  lambda.add('words')
  lambda.mappings.find(({ UUID }) => UUID === 'words-lines')!.State = 'Disabling'
  lambda.mappings.find(({ UUID }) => UUID === 'words-ticks')!.State = 'Disabled'
  expect(await switched(lambda, false)).toEqual(['lines Disabled', 'tasks Disabled'])
  expect(lambda.changes).toEqual(['words-tasks: Disabling'])
})

it('a pause that was broken off is taken back', async () => {
  const lambda = new StubLambda()
  lambda.add('words')
  lambda.mappings.find(({ UUID }) => UUID === 'words-lines')!.State = 'Disabling'
  expect(await switched(lambda, true)).toEqual(['lines Enabled'])
  expect(lambda.changes).toEqual(['words-lines: Enabling'])
})

it('a mapping that does not get there is an error', async () => {
  const lambda = new StubLambda()
  lambda.add('words')
  const stuck = lambda.mappings.find(({ UUID }) => UUID === 'words-lines')!
  Object.defineProperty(stuck, 'State', { get: () => 'Updating', set: () => {}, enumerable: true })
  await expect(switched(lambda, false)).rejects.toThrow(/the event source mapping of lines \(words-lines\) is Updating after 300 s and should be Disabled/)
})

it.each<[what: string, deploys: { receive: number; run: number }, nowMs: number, deploy: number]>([
  ['the present time', { receive: 100, run: 90 }, 200_999, 200],
  ['one more than a number that is ahead of the clock', { receive: 100, run: 300 }, 200_999, 301],
])('rollback gives both functions %s as their number, and changes nothing else', async (_what, deploys, nowMs, deploy) => {
  const lambda = new StubLambda()
  lambda.add('words')
  const raised = await raiseDeploy(lambda.control, { log: new MemoryLog() }, deployed('words', deploys), nowMs)
  expect(raised).toEqual({ before: deploys, deploy })
  for (const kind of ['receive', 'run']) {
    const { Variables } = lambda.functions.get(`words-${kind}`)!.Environment!
    expect(Variables).toMatchObject({ MILLRACE_DEPLOY: String(deploy), MILLRACE_FUNCTION: kind, MILLRACE_TABLE: 'table' })
  }
  expect(lambda.changes).toHaveLength(2)
})
