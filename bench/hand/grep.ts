import type { KinesisStreamEvent } from 'aws-lambda'
import { scratchText } from './scratch-text.ts'

/** What one writes without thinking: returns the lines that say ERROR. */
export function naiveGrep(event: KinesisStreamEvent): readonly string[] {
  const found: string[] = []
  for (const record of event.Records) {
    const line = Buffer.from(record.kinesis.data, 'base64').toString()
    if (line.includes('ERROR')) found.push(line)
  }
  return found
}

/** The same as fast as we can write it by hand. */
export function bestGrep(event: KinesisStreamEvent): readonly string[] {
  const found: string[] = []
  const records = event.Records
  for (let i = 0; i < records.length; i++) {
    const line = scratchText(records[i]!.kinesis.data)
    if (line.includes('ERROR')) found.push(line)
  }
  return found
}
