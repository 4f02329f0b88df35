// What bench:cost counts for a request is what DynamoDB says that it consumed. Puts that fail and keys that are missing carry no such answer: they are counted by the documentation.
import { DeleteTableCommand, DynamoDBClient, type ConsumedCapacity } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AwsWire } from '../../bench/aws-wire.ts'
import { itemBytes } from '../../bench/capacity.ts'
import { DynamoLog, sortKey } from '../../lib/aws/dynamo-log.ts'
import { DynamoProgress } from '../../lib/aws/dynamo-progress.ts'
import { createLogTable } from './create-log-table.ts'

const real = new DynamoDBClient({})
const table = `millrace-capacity-${Date.now()}`
const app = 'capacity'
const EXPIRES_AT_MS = 1_790_000_000_000
let consumed = 0

real.middlewareStack.add(
  (next) => async (args) => {
    const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } })
    const { ConsumedCapacity: one } = result.output as { readonly ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[] }
    for (const { CapacityUnits } of one === undefined ? [] : [one].flat()) consumed += CapacityUnits ?? 0
    return result
  },
  { step: 'initialize', name: 'askForConsumedCapacity' },
)

/** Does the same to DynamoDB and to the bench's, and returns what each counted. */
async function both(
  wire: AwsWire,
  work: (log: DynamoLog, progress: DynamoProgress) => Promise<unknown>,
): Promise<{ readonly consumed: number; readonly counted: number }> {
  const units = (): number => wire.bill.writeUnits + wire.bill.readUnits
  const [before, counted] = [consumed, units()]
  for (const client of [real, wire.dynamo]) {
    const to = { client, table, app }
    await work(new DynamoLog(to), new DynamoProgress(to))
  }
  return { consumed: consumed - before, counted: units() - counted }
}

/** Bytes of an entry whose item is this large in all. */
function entryOf(log: string, n: number, bytes: number): Uint8Array {
  const rest = itemBytes({ pk: { S: `${app}#${log}` }, sk: { S: sortKey(n) }, b: { B: new Uint8Array(0) }, ttl: { N: String(EXPIRES_AT_MS / 1000) } })
  return new Uint8Array(bytes - rest).fill(7)
}

beforeAll(async () => {
  await createLogTable(real, table)
})

afterAll(() => real.send(new DeleteTableCommand({ TableName: table })))

describe('consumed capacity', () => {
  const wire = new AwsWire()
  const sizes = [100, 1_000, 1_024, 1_025, 4_096, 4_097, 8_192, 8_193, 40_000, 390_000]

  it.each(sizes.map((bytes, n) => ({ bytes, n })))('of an entry of $bytes bytes, put and read', async ({ bytes, n }) => {
    const log = 'rec/lines/shardId-000000000000'
    const put = await both(wire, (to) => to.put({ log, n }, entryOf(log, n, bytes), { expiresAtMs: EXPIRES_AT_MS }))
    expect(put.consumed).toBe(Math.ceil(bytes / 1024))
    expect(put.counted).toBe(put.consumed)
    for (const consistent of [true, false]) {
      const read = await both(wire, (to) => to.get({ log, n }, { consistent }))
      expect(read.consumed).toBe(Math.ceil(bytes / 4096) * (consistent ? 1 : 0.5))
      expect(read.counted).toBe(read.consumed)
    }
  })

  it.each([true, false])('of many entries in one request, consistent: %s', async (consistent) => {
    const keys = sizes.map((_, n) => ({ log: 'rec/lines/shardId-000000000000', n }))
    const { consumed: units, counted } = await both(wire, (to) => to.getMany(keys, { consistent }))
    expect(units).toBeGreaterThan(20)
    expect(counted).toBe(units)
  })

  it('of the newest entry', async () => {
    const { consumed: units, counted } = await both(wire, (to) => to.newest('rec/lines/shardId-000000000000'))
    expect(units).toBe(Math.ceil(390_000 / 4096))
    expect(counted).toBe(units)
  })

  it('of progress that grows', async () => {
    for (let round = 0; round < 20; round++) {
      const names = Array.from({ length: 20 }, (_, i) => `stage-1x64/${round * 20 + i}`)
      const { consumed: units, counted } = await both(wire, (_log, progress) =>
        progress.add(7, {
          names,
          attributes: { 'due/stage-1x1/0': round % 2 === 0 ? null : 1_790_000_005_000 },
          atMs: EXPIRES_AT_MS + round,
          expiresAtMs: EXPIRES_AT_MS,
        }),
      )
      expect(counted).toBe(units)
    }
    const { consumed: units, counted } = await both(wire, (_log, progress) => progress.get(7))
    expect(units).toBe(2)
    expect(counted).toBe(units)
  })
})
