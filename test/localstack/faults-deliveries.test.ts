// Records that are delivered twice and more often, through deployed functions: results are exact, and the duplicates are dropped.
import { SplitShardCommand } from '@aws-sdk/client-kinesis'
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  type EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda'
import { aws_dynamodb as dynamodb, aws_kinesis as kinesis, aws_s3 as s3 } from 'aws-cdk-lib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shardsOf } from '../../localstack/jobs.ts'
import { checkBatches } from './check-batches.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { eventually } from './eventually.ts'
import { foldAccounts, foldMatches, ofState } from './faults-folds.ts'
import { SAID } from './jobs/hang-after-commit.ts'
import { kinesis as client, type NewRecord } from './kinesis.ts'
import type { LocalJob } from './local-job.ts'
import { recordsIn } from './log-reader.ts'

/** Enough for an invocation on a machine that is busy. */
const TIMEOUT_SECONDS = 4
const WAVES = 10
/** Whoever has little time hands back what comes after 64 records, and batches then wait for that. */
const WAVE = 24
/** Until the next wave: the records of a batch and a bit. */
const PAUSE_MS = 1_000
const lambda = new LambdaClient({})

let stack: DeployedStack<'Ledger' | 'Audit' | 'Matches'>

beforeAll(async () => {
  stack = await deployStack('Faults', (scope) => {
    const changes = new kinesis.Stream(scope, 'Changes', { shardCount: 2 })
    const table = new dynamodb.Table(scope, 'Logs', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'ttl',
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    })
    const shared = {
      streams: { changes },
      table: table as dynamodb.ITable,
      bucket: new s3.Bucket(scope, 'Files') as s3.IBucket,
    }
    return {
      Ledger: {
        ...shared,
        entry: 'test/localstack/jobs/ledger.ts',
        outputPrefix: 'ledger/',
        wrap: 'test/localstack/jobs/hang-after-commit.ts',
        receiveTimeoutSeconds: TIMEOUT_SECONDS,
        runTimeoutSeconds: TIMEOUT_SECONDS,
      },
      Audit: { ...shared, entry: 'test/localstack/jobs/audit.ts', outputPrefix: 'audit/' },
      Matches: {
        entry: 'test/localstack/jobs/matches.ts',
        streams: { orders: new kinesis.Stream(scope, 'Orders', { shardCount: 1 }), payments: new kinesis.Stream(scope, 'Payments', { shardCount: 1 }) },
      },
    }
  })
})
afterAll(async () => {
  for (const job of Object.values(stack.jobs)) await job.report()
  await stack.destroy()
})

describe.concurrent('two jobs on one stream, in one table and one bucket, and a third on two streams', () => {
  const changes = WAVES * WAVE
  let half: () => void
  const halfTime = new Promise<void>((resolve) => (half = resolve))

  test('functions that time out after their commit: receive and run are done again, and the results are exact', async () => {
    const job = stack.jobs.Ledger
    for (let wave = 0; wave < WAVES; wave++) {
      await job.put('changes', changesOf(wave))
      if (wave === WAVES / 2) half()
      await pause(PAUSE_MS)
    }
    const logs = await job.settled(changes)
    await checkBatches(job, logs, (batches) => foldAccounts(batches, 'ledger/'), { prefixes: ['ledger/totals'], states: { totals: ofState } })
    expect(await hung(job.receive, job)).toEqual(['rec'])
    expect(await hung(job.run, job)).toEqual(['task'])
    await dropped(job)
  })

  test('an event source mapping that is deleted and made again: everything is delivered again, and the results are exact', async () => {
    const job = stack.jobs.Audit
    await halfTime
    await hasBegun(job)
    const { UUID = '' } = job.receive.mappings[0] ?? {}
    const mapping = await lambda.send(new GetEventSourceMappingCommand({ UUID }))
    await removeMapping(UUID)
    await pause(2_000)
    const again = await lambda.send(new CreateEventSourceMappingCommand(settingsOf(mapping)))
    console.log(`  mapping  ${again.UUID} of ${mapping.EventSourceArn} in the place of ${UUID}`)
    try {
      const logs = await job.settled(changes)
      await checkBatches(job, logs, (batches) => foldAccounts(batches, 'audit/'), { prefixes: ['audit/totals'], states: { totals: ofState } })
      await dropped(job)
    } finally {
      await removeMapping(again.UUID ?? '')
    }
  })

  test('a shard split, after which all of the stream is delivered again and again: a join of two streams is exact', async () => {
    const job = stack.jobs.Matches
    for (let wave = 0; wave < WAVES; wave++) {
      await Promise.all([job.put('orders', ordersOf(wave)), job.put('payments', paymentsOf(wave))])
      if (wave === WAVES / 2 - 1) {
        await hasBegun(job)
        await split(job.streamArn('orders'))
      }
      await pause(PAUSE_MS)
    }
    const logs = await job.settled(2 * changes)
    const expected = await checkBatches(job, logs, foldMatches, { prefixes: ['paid', 'seen'], states: { seen: ofState } })
    expect([...logs.receivers.keys()].filter((name) => name.startsWith('orders/'))).toHaveLength(3)
    expect(expected.flatMap(({ lines }) => lines['paid'] ?? []).length).toBeGreaterThan(changes / 2)
    expect(new Set([...(expected.at(-1)?.state['seen']?.values() ?? [])].map(String))).toEqual(new Set(['order,payment']))
    await dropped(job)
  })
})

function recordsOf(wave: number, of: (i: number) => unknown): readonly NewRecord[] {
  return Array.from({ length: WAVE }, (_, j) => ({ key: String(j), data: JSON.stringify(of(wave * WAVE + j)) }))
}

function changesOf(wave: number): readonly NewRecord[] {
  return recordsOf(wave, (i) => ({ account: `account-${i % 7}`, amount: i + 1 }))
}

function ordersOf(wave: number): readonly NewRecord[] {
  return recordsOf(wave, (i) => ({ id: `order-${i}`, cents: 100 + i }))
}

function paymentsOf(wave: number): readonly NewRecord[] {
  return recordsOf(wave, (i) => ({ order: `order-${i}`, paid: 100 + i }))
}

/** Of the entries after whose commit a function has hung: the logs' first names. */
async function hung({ name }: { readonly name: string }, job: LocalJob): Promise<readonly string[]> {
  const said = (await job.logLines(name)).filter((line) => line.startsWith(SAID))
  return [...new Set(said.map((line) => line.slice(SAID.length).split('/')[0] ?? ''))]
}

async function hasBegun(job: LocalJob): Promise<void> {
  await eventually(`job ${job.plan.name} has taken in records`, async () => (recordsIn(await job.logs()) > 0 ? true : undefined))
}

async function dropped(job: LocalJob): Promise<void> {
  await eventually(`job ${job.plan.name} drops duplicates`, async () => ((await job.counts()).duplicates > 0 ? true : undefined))
}

function settingsOf(mapping: EventSourceMappingConfiguration): CreateEventSourceMappingCommand['input'] {
  const { FunctionArn, UUID: _, State: __, LastModified: ___, LastProcessingResult: ____, StateTransitionReason: _____, ...settings } = mapping
  return { ...settings, FunctionName: FunctionArn }
}

async function removeMapping(UUID: string): Promise<void> {
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }))
  await eventually(`mapping ${UUID} is gone`, async () => {
    try {
      await lambda.send(new GetEventSourceMappingCommand({ UUID }))
      return undefined
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return true
      throw error
    }
  })
}

async function split(StreamARN: string): Promise<void> {
  const [ShardToSplit] = await shardsOf(StreamARN)
  await client.send(new SplitShardCommand({ StreamARN, ShardToSplit, NewStartingHashKey: String(2n ** 127n) }))
  await eventually('the shard is split', async () => ((await shardsOf(StreamARN)).length === 3 ? true : undefined))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
