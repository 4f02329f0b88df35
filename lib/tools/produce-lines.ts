import type { Producer, ProducerReport } from '../aws/producer.ts'
import { recordRule } from '../embedded/inputs/record-rule.ts'

/** Lines on their way to a stream. */
export interface LinesToPut {
  /** As the program or the user calls it. */
  readonly stream: string
  /** undefined: nobody knows, as of a standard input. */
  readonly recordsInAll: number | undefined
  readonly lines: AsyncIterable<readonly Uint8Array[]>
}

/** How far it is. */
export interface ProduceStatus extends ProducerReport {
  readonly stream: string
  readonly recordsInAll: number | undefined
  readonly elapsedMs: number
}

/** Lines that are put between two looks at how far it is; fewer where they are put slowly. */
const STEP = 500

/**
 * Puts each line as one record, and yields after every few hundred how far it is, the whole last. Lines are put as they come: a standard input that
 * pauses keeps none of them back. The partition key is a field of JSON lines, or the line's number, as in `millrace run`.
 */
export async function* produceLines(
  producer: Pick<Producer, 'put' | 'report'>,
  { stream, recordsInAll, lines }: LinesToPut,
  { keyField, rate, now }: { readonly keyField: string | undefined; readonly rate: number | undefined; readonly now: () => number },
): AsyncGenerator<ProduceStatus> {
  const rule = recordRule({ startMs: 0, intervalMs: 1, rate: 1, keyField, timeField: undefined, timeScale: 1 })
  const startedMs = now()
  const step = Math.max(1, Math.min(STEP, Math.floor(rate ?? STEP)))
  const status = (): ProduceStatus => ({ stream, recordsInAll, elapsedMs: now() - startedMs, ...producer.report })
  let index = 0
  for await (const chunk of lines) {
    for (let at = 0; at < chunk.length; at += step) {
      await producer.put(chunk.slice(at, at + step).map((data) => ({ data, partitionKey: rule.describe(data, index++)?.partitionKey ?? String(index) })))
      yield status()
    }
  }
  yield status()
}
