import { describe, expect, it } from 'vitest'
import { text } from '../../../lib/index.ts'
import { kafka } from '../../../lib/sources/kafka/source.ts'
import { testSource, type Part, type SourceKit } from '../contract.ts'

const recordOf = ({ partition, from, arrivalMs }: Part, value: string, i: number): object => ({
  topic: 'in',
  partition,
  // With gaps, as transactions leave them.
  offset: (from + i) * 3,
  timestamp: arrivalMs,
  timestampType: 'CREATE_TIME',
  key: 'azE=',
  value: Buffer.from(value).toString('base64'),
  headers: [],
})

const event = (parts: readonly Part[]): object => ({
  eventSource: 'SelfManagedKafka',
  bootstrapServers: '127.0.0.1:9092',
  records: Object.fromEntries(parts.map((part) => [`in-${part.partition}`, part.values.map((value, i) => recordOf(part, value, i))])),
})

const kit: Omit<SourceKit, 'source'> = {
  // The program's method is still to come; what receive does is the source's.
  stream: (ssc) => ssc.kinesisStream('in', text()),
  partitions: 3,
  event,
  again: (parts, { batchItemFailures }) =>
    batchItemFailures.flatMap(({ itemIdentifier }) => {
      if (typeof itemIdentifier === 'string') throw new Error(`${itemIdentifier} names no partition`)
      const part = parts.find(({ partition }) => `in-${partition}` === itemIdentifier.partition)!
      const skip = itemIdentifier.offset / 3 - part.from
      return [{ ...part, from: part.from + skip, values: part.values.slice(skip) }]
    }),
  madeAgain: /offset 0 of in\/in-0 lies before the end of its log .*the topic was made again under its name/,
}

testSource('Kafka, in provisioned mode', { ...kit, source: kafka({ partial: true }) })
testSource('Kafka, on demand', { ...kit, source: kafka({ partial: false }) })

describe('a record of Kafka arrives', () => {
  const NOW = 1_800_000_000_000
  const DAY = 86_400_000
  it.each([
    ['when it says', NOW - 5_000, NOW - 5_000],
    ['now, where its producer is ahead', NOW + 60_000, NOW],
    ['now, where nobody says', -1, NOW],
    ['a week ago at most', NOW - 400 * DAY, NOW - 7 * DAY],
    ['a week ago where its time is in seconds', NOW / 1000, NOW - 7 * DAY],
  ])('%s', (_what, arrivalMs, expected) => {
    expect(kafka({ partial: true }).arrivalOf({ data: '', partitionKey: '', sequenceNumber: '0', index: 0, arrivalMs }, NOW)).toBe(expected)
  })
})

it('offsets are numbers, not texts', () => {
  const at = (sequenceNumber: string): { sequenceNumber: string; index: number } => ({ sequenceNumber, index: 0 })
  expect(kafka({ partial: true }).comparePositions(at('10'), at('9'))).toBeGreaterThan(0)
})
