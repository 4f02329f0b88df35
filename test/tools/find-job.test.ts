import { describe, expect, it } from 'vitest'
import type { JobFunction } from '../../lib/aws/lambda-control.ts'
import { findJob } from '../../lib/tools/find-job.ts'
import { deployed, StubLambda, variables } from './deployed.ts'

const f = (job: string, kind: 'receive' | 'run', name = `${job}-${kind}`): JobFunction => ({ name, variables: variables(job, kind, 7) })
const words = [f('words', 'receive'), f('words', 'run')]

it('a job is found by the variables of its functions', () => {
  expect(findJob([f('other', 'run'), ...words], 'words', 'us-east-1')).toMatchObject({
    receiveFunction: 'words-receive',
    runFunction: 'words-run',
    deploys: { receive: 7, run: 7 },
    environment: { job: 'words', function: 'run', table: 'table', taskTimeoutMs: 180_000 },
  })
})

describe('a job is not found', () => {
  it.each<[what: string, functions: readonly JobFunction[], message: RegExp]>([
    ['where there is none', [], /there is no job 'words' in us-east-1; there is none at all: deploy one with cdk deploy/],
    ['where there is one', [f('a', 'run'), f('a', 'receive')], /there is no job 'words' in us-east-1; there is a$/],
    ['where there are others', [f('b', 'run'), f('a', 'run'), f('a', 'receive')], /there is no job 'words' in us-east-1; there are a, b$/],
    ['half', [f('words', 'run')], /job 'words' in us-east-1 has no receive function: its stack is being made or deleted/],
    ['twice', [...words, f('words', 'run', 'Second-run')], /job 'words' is deployed twice in us-east-1: words-run and Second-run are both its run function/],
  ])('%s', (_what, functions, message) => {
    expect(() => findJob(functions, 'words', 'us-east-1')).toThrow(message)
  })
})

it('all pages of functions are read, and those of nobody are left out', async () => {
  const lambda = new StubLambda()
  lambda.functions.set('strangers', { RevisionId: 'r' })
  lambda.functions.set('others', { Environment: { Variables: { PATH: 'x' } }, RevisionId: 'r' })
  lambda.add('words')
  lambda.add('airports')
  expect((await lambda.control.jobFunctions()).map(({ name }) => name)).toEqual(['words-receive', 'words-run', 'airports-receive', 'airports-run'])
  expect(deployed('words').environment.job).toBe('words')
})
