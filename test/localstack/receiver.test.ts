import { afterAll, beforeAll, expect, test } from 'vitest'
import { deployStack, type DeployedStack } from './deploy-stack.ts'

let stack: DeployedStack<'Receiver'>

beforeAll(async () => {
  stack = await deployStack('Receiver', () => ({
    // Its second entry is committed, and then the function fails: nobody tries again but the rule, a minute later, which goes on behind it.
    Receiver: { entry: 'test/localstack/jobs/receiver.ts', wrap: 'test/localstack/jobs/die-after-commit.ts' },
  }))
})
afterAll(async () => {
  await stack.jobs.Receiver.report()
  await stack.destroy()
})

test('a rule polls a receiver of its own; every number comes once and in order, though the function died after a commit', async () => {
  const { receivers } = await stack.jobs.Receiver.settled(250, { withinMs: 240_000 })
  expect(receivers.get('numbers/poll')?.map(({ records }) => records)).toEqual([100, 100, 50])
  const lines = [...(await stack.jobs.Receiver.lines('numbers'))].sort(([a], [b]) => a - b).flatMap(([, texts]) => texts)
  expect(lines).toEqual(Array.from({ length: 250 }, (_, i) => String(i + 1)))
})
