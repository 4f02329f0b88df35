// Sums the lengths of texts by their first word, puts the sum out when a word has been silent for six seconds, and keeps large texts.
import { defineJob, seconds, type Decoder, type State } from 'millrace'

/** Bytes that are no UTF-8 do not decode. */
const strict: Decoder<string> = { decode: (data) => new TextDecoder('utf-8', { fatal: true }).decode(data) }

export const TIMEOUT = seconds(6)
export const LARGE = 100_000

export default defineJob({ name: 'odd-records', batchInterval: seconds(2), numPartitions: 2 }, (ssc) => {
  const texts = ssc.kinesisStream('texts', strict)
  texts
    .mapToPair((text) => {
      if (text.startsWith('poison')) throw new Error('this text is poison')
      return [text.split(' ')[0] ?? '', text.length]
    })
    .mapWithState(
      (word, length, state: State<number>) => {
        if (length === undefined) return [word, state.get()]
        state.update((state.getOption() ?? 0) + length)
        return undefined
      },
      { uid: 'lengths', timeout: TIMEOUT },
    )
    .saveAsJsonFiles('sums')
  texts.filter((text) => text.length > LARGE).saveAsTextFiles('large')
})
