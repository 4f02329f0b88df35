import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { aws_kinesis as kinesis } from 'aws-cdk-lib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readDeadLetters } from '../../lib/runtime/logs/dead-letters.ts'
import { compose, type ComposedBatch } from './compose.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { LARGE, TIMEOUT } from './jobs/odd-records.ts'
import type { StreamRecord } from './kinesis.ts'
import type { SentCommand } from './record-commands.ts'
import { isAllowed, needsOf, policyOf } from './rights.ts'

interface Aggregate {
  readonly blob: string
  readonly records: readonly { readonly partitionKey: string; readonly data: string }[]
}
/** By AWS's own encoder (test/fixtures/kpl). */
const aggregates = JSON.parse(readFileSync(new URL('../fixtures/kpl/aggregates.json', import.meta.url), 'utf8')) as readonly Aggregate[]

/** As large as Kinesis takes it, 1 MiB with its key, and of a kind that does not compress to less than an entry may hold. */
const digests = Array.from({ length: 16_384 }, (_, i) => createHash('sha256').update(String(i)).digest('hex'))
const mebibyte = `large ${digests.join('')}`.slice(0, 1024 * 1024 - 'key'.length)

const ODD = [
  { key: 'key', data: 'plain text' },
  { key: 'key', data: 'poison for the map function' },
  { key: 'key', data: Uint8Array.of(0xff, 0xfe, 0x00) },
  { key: 'key', data: mebibyte },
  { key: 'key', data: '' },
  ...aggregates.map(({ blob }) => ({ key: 'aggregated', data: Buffer.from(blob, 'base64') })),
  { key: 'key', data: 'plain again' },
]

/** What Lambda does with the role: it polls, and writes the log. */
const LAMBDAS_OWN = /^(kinesis:|logs:|sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$)/

let stack: DeployedStack<'Odd'>

beforeAll(async () => {
  stack = await deployStack('OddRecords', (scope) => ({
    Odd: {
      entry: 'test/localstack/jobs/odd-records.ts',
      wrap: 'test/localstack/record-commands.ts',
      streams: { texts: new kinesis.Stream(scope, 'Texts', { shardCount: 1 }) },
    },
  }))
})
afterAll(async () => {
  await stack.jobs.Odd.report()
  await stack.destroy()
})

test('poison, undecodable, aggregated and 1 MiB records; time-outs come in silence', async () => {
  const job = stack.jobs.Odd
  await job.put('texts', ODD)
  const taken = apart(await job.records())
  const total = [...taken.values()].flatMap((shards) => [...shards.values()].flat())
  const logs = await job.settled(total.length)
  const { batches, problems } = compose(job.plan.intervalMs, taken, logs)
  expect(problems).toEqual([])

  const { sums, large, dead } = fold(batches)
  expect([...(await job.lines('sums'))].flatMap(([time, lines]) => lines.map((line) => `${time} ${line}`)).sort()).toEqual([...sums].sort())
  expect([...(await job.lines('large')).values()].flat()).toEqual(large)
  const letters = (
    await Promise.all(
      [...logs.receivers.values()].flat().map(async ({ deadLetters }) => (deadLetters === null ? [] : readDeadLetters(job.ports.objects, deadLetters))),
    )
  ).flat()
  // Each once, although two operators read the stream: a record takes effect whole or not at all.
  expect(letters.map(({ error, record }) => [error.message, record && Buffer.from(record.data).toString('hex')])).toEqual(dead)
})

test('the functions send nothing that their roles do not allow', async () => {
  const job = stack.jobs.Odd
  for (const { name } of [job.receive, job.run]) {
    const sent = (await job.logLines(name)).filter((line) => line.startsWith('{"event":"sent"')).map((line) => JSON.parse(line) as SentCommand)
    const policy = await policyOf(name)
    const needs = sent.flatMap(needsOf)
    expect(needs.length).toBeGreaterThan(5)
    expect(needs.filter((need) => !policy.some((statement) => isAllowed(statement, need)))).toEqual([])

    // What this must notice: another job's items, objects that are not the job's, actions that nobody needs.
    const { resource } = needs.find(({ action }) => action === 'dynamodb:PutItem') ?? { resource: '' }
    for (const forbidden of [
      { action: 'dynamodb:PutItem', resource, partitionKeys: ['another-job#batch'] },
      { action: 'dynamodb:DeleteItem', resource, partitionKeys: ['odd-records#batch'] },
      { action: 's3:PutObject', resource: `arn:aws:s3:::${job.receive.environment.bucket}/elsewhere`, partitionKeys: [] },
    ])
      expect(policy.some((statement) => isAllowed(statement, forbidden))).toBe(false)

    const allowed = [...new Set(policy.flatMap(({ actions }) => actions))].filter((action) => !LAMBDAS_OWN.test(action))
    const count = (action: string): number => needs.filter((need) => need.action === action).length
    const sentTexts = allowed.filter((action) => count(action) > 0).map((action) => `${action} x ${count(action)}`)
    console.log(`${name}\n  sent: ${sentTexts.join(', ')}\n  allowed, not sent here: ${allowed.filter((action) => count(action) === 0).join(', ')}`)
  }
})

/** Aggregates taken apart, as the engine counts records. */
function apart(streams: ReadonlyMap<string, ReadonlyMap<string, readonly StreamRecord[]>>): ReadonlyMap<string, ReadonlyMap<string, readonly StreamRecord[]>> {
  const parts = new Map(aggregates.map(({ blob, records }) => [blob, records]))
  const take = (record: StreamRecord): readonly StreamRecord[] =>
    parts
      .get(Buffer.from(record.data).toString('base64'))
      ?.map(({ partitionKey, data }) => ({ ...record, key: partitionKey, data: Buffer.from(data, 'base64') })) ?? [record]
  return new Map([...streams].map(([name, shards]) => [name, new Map([...shards].map(([shard, records]) => [shard, records.flatMap(take)]))]))
}

function fold(batches: readonly ComposedBatch[]): {
  readonly sums: readonly string[]
  readonly large: readonly string[]
  readonly dead: readonly (readonly [string, string])[]
} {
  const held = new Map<string, { readonly sum: number; readonly at: number }>()
  const [sums, large, dead]: [string[], string[], (readonly [string, string])[]] = [[], [], []]
  for (const { time, records } of batches) {
    for (const { data } of records) {
      const hex = Buffer.from(data).toString('hex')
      let text: string
      try {
        text = new TextDecoder('utf-8', { fatal: true }).decode(data)
      } catch (error) {
        dead.push([(error as Error).message, hex])
        continue
      }
      if (text.length > LARGE) large.push(text)
      if (text.startsWith('poison')) dead.push(['this text is poison', hex])
      else {
        const word = text.split(' ')[0] ?? ''
        held.set(word, { sum: (held.get(word)?.sum ?? 0) + text.length, at: time })
      }
    }
    for (const [word, { sum, at }] of held) {
      if (time - at <= TIMEOUT.milliseconds) continue
      sums.push(`${time} ${JSON.stringify([word, sum])}`)
      held.delete(word)
    }
  }
  return { sums, large, dead }
}
