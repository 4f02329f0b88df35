import { S3Client } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { AwsWire } from '../../bench/aws-wire.ts'
import { costOf, type Billable } from '../../bench/cost/cost-of.ts'
import { LOADS } from '../../bench/cost/loads.ts'
import { measureLoad } from '../../bench/cost/measure-load.ts'
import { openWire } from '../../bench/cost/open-wire.ts'
import { vcpuShare } from '../../bench/cost/vcpu-share.ts'
import { S3Objects } from '../../lib/aws/s3-objects.ts'
import { PART_BYTES } from '../../lib/aws/put-multipart.ts'

const NOTHING: Billable = { records: 1_000_000, writeUnits: 0, readUnits: 0, s3Puts: 0, s3Gets: 0, sqsRequests: 0, invocations: 0, lambdaMs: 0 }
const ZERO = { writes: 0, reads: 0, s3: 0, sqs: 0, lambda: 0, all: 0 }

describe('USD per million records', () => {
  it.each<[string, Partial<Billable>, number, Partial<typeof ZERO>]>([
    ['nothing', {}, 1_024, {}],
    ['a million write units', { writeUnits: 1e6 }, 1_024, { writes: 0.625, all: 0.625 }],
    ['a million read units', { readUnits: 1e6 }, 1_024, { reads: 0.125, all: 0.125 }],
    ['puts and gets', { s3Puts: 1_000, s3Gets: 1_000 }, 1_024, { s3: 0.0054, all: 0.0054 }],
    ['messages', { sqsRequests: 1e6 }, 1_024, { sqs: 0.4, all: 0.4 }],
    ['invocations', { invocations: 1e6 }, 1_024, { lambda: 0.2, all: 0.2 }],
    ['a million seconds of 1 GB', { lambdaMs: 1e9 }, 1_024, { lambda: 13.3334, all: 13.3334 }],
    ['the same with half the memory', { lambdaMs: 1e9 }, 512, { lambda: 6.6667, all: 6.6667 }],
    ['half as many records', { records: 500_000, writeUnits: 1e6 }, 1_024, { writes: 1.25, all: 1.25 }],
  ])('%s', (_, billed, memoryMb, expected) => {
    const cost = costOf({ ...NOTHING, ...billed }, memoryMb)
    for (const [name, usd] of Object.entries({ ...ZERO, ...expected })) expect(cost[name as keyof typeof cost], name).toBeCloseTo(usd, 10)
  })
})

describe('the part of a vCPU', () => {
  it.each([
    [1_769, 1],
    [3_538, 1],
    [884.5, 0.5],
  ])('of %d MB', (memoryMb, share) => expect(vcpuShare(memoryMb)).toBe(share))
})

describe('the simulated S3', () => {
  it('answers and bills what the adapter sends', async () => {
    const wire = new AwsWire()
    const objects = new S3Objects(wire.s3, 'bucket')
    const large = new Uint8Array(PART_BYTES + 1_000).map((_, i) => i % 251)
    await objects.put('a b', Buffer.from('small'))
    await objects.put('large', large)
    expect(wire.bill).toMatchObject({ s3Puts: 1 + 4, s3Gets: 0 }) // begin, two parts, end
    await objects.copy('a b', 'copied')
    expect(Buffer.from((await objects.get('copied')) ?? []).toString()).toBe('small')
    expect(await objects.get('large', { offset: PART_BYTES - 1, length: 3 })).toEqual(large.slice(PART_BYTES - 1, PART_BYTES + 2))
    expect(await objects.list('')).toHaveLength(3)
    await objects.delete(['a b', 'large'])
    expect(await objects.list('')).toEqual([{ key: 'copied', size: 5 }])
    expect(wire.bill).toMatchObject({ s3Puts: 1 + 4 + 1 + 2, s3Gets: 2 })
  })
})

describe('the simulated stores', () => {
  it('answer other processes over HTTP, where bodies come in signed chunks', async () => {
    const wire = new AwsWire()
    const { url, close } = await openWire(wire)
    const client = new S3Client({ region: 'us-east-1', endpoint: url, forcePathStyle: true, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
    try {
      const objects = new S3Objects(client, 'bucket')
      const bytes = new Uint8Array(200_000).map((_, i) => i % 251)
      await objects.put('key', bytes)
      expect(wire.object('bucket', 'key')).toEqual(Buffer.from(bytes))
      expect(await objects.get('key', { offset: 70_000, length: 3 })).toEqual(bytes.slice(70_000, 70_003))
      expect(await objects.get('none')).toBeNull()
    } finally {
      client.destroy()
      close()
    }
  })
})

// Virtual time: the same on every machine. Each run counts its words.
describe('a threshold', () => {
  const load = { ...LOADS[1], keys: 10_000, words: 2, partitions: 4, forMs: 20_000 }

  it('moves bytes from DynamoDB to S3', async () => {
    const [low, high] = [await measureLoad({ ...load, spillBytes: 2_048 }), await measureLoad({ ...load, spillBytes: 400_000 })]
    expect(high.s3Gets).toBe(0)
    expect(low.s3Gets).toBeGreaterThan(0)
    expect(low.s3Puts).toBeGreaterThan(high.s3Puts)
    expect(low.writeUnits).toBeLessThan(high.writeUnits)
    expect(low.receiverBytes).toBeLessThan(2_048)
    // S3 takes longer than DynamoDB.
    expect(low.lambdaMs).toBeGreaterThan(high.lambdaMs)
  }, 60_000)
})
