import type { KinesisStreamEvent } from 'aws-lambda'
import { scratchText } from './scratch-text.ts'

/** What one writes without thinking: returns how often each word occurs. */
export function naiveWordCount(event: KinesisStreamEvent): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const record of event.Records) {
    const line = Buffer.from(record.kinesis.data, 'base64').toString()
    for (const word of line.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts
}

/** The same as fast as we can write it by hand: one look-up per word, no number boxed anew. */
export function bestWordCount(event: KinesisStreamEvent): ReadonlyMap<string, number> {
  const cells = new Map<string, { count: number }>()
  const records = event.Records
  for (let i = 0; i < records.length; i++) {
    const words = scratchText(records[i]!.kinesis.data).split(' ')
    for (let j = 0; j < words.length; j++) {
      const cell = cells.get(words[j]!)
      if (cell === undefined) cells.set(words[j]!, { count: 1 })
      else cell.count++
    }
  }
  const counts = new Map<string, number>()
  for (const [word, { count }] of cells) counts.set(word, count)
  return counts
}
