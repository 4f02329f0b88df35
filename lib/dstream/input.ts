import { decodeValue } from '../codec/rows.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Decoder } from '../decode/decoder.ts'
import type { AnyDecoder, RowsDecoder } from '../decode/rows-decoder.ts'
import { checkFunction } from './check-function.ts'
import type { InputNode, Rows } from './node.ts'

/** Kinesis's own rule for stream names, and safe in log and object names. */
const STREAM = /^[a-zA-Z0-9_.-]{1,128}$/

/**
 * Returns a node of the decoded records of a Kinesis stream.
 * @example
 * ssc.kinesisStream('clicks', json()).count().print()
 */
export function inputNode(stream: string, decoder: AnyDecoder<unknown>, intervalMs: number): InputNode {
  if (!import.meta.inReceive) checkInput(stream, decoder)
  return Object.freeze<InputNode>({
    shape: 'input',
    kind: 'kinesisStream',
    uid: undefined,
    parents: [],
    slideMs: intervalMs,
    params: { stream },
    stream,
    decoder,
    queue: undefined,
  })
}

/** Throws for what cannot name a stream. */
export function checkStreamName(method: string, stream: unknown): void {
  if (typeof stream !== 'string' || !STREAM.test(stream))
    throw new MillraceError(
      'BAD_PROGRAM',
      `${method} got ${describeValue(stream)} as its name; it must be 1 to 128 letters, digits, '_', '-' or '.', such as 'clicks'`,
    )
}

function checkInput(stream: string, decoder: AnyDecoder<unknown>): void {
  checkStreamName('kinesisStream', stream)
  const given = decoder as Partial<Decoder<unknown> & RowsDecoder<unknown>> | null | undefined
  if (typeof given?.decode !== 'function' && (typeof given?.split !== 'function' || typeof given.decodeRow !== 'function'))
    throw new MillraceError(
      'BAD_PROGRAM',
      `kinesisStream '${stream}' got ${describeValue(decoder)} as its decoder; use text(), json(), json(schema), bytes(), or an object with decode(data, meta), or with split(data, meta) and decodeRow(part, meta)`,
    )
  for (const f of [given.decode, given.split, given.decodeRow]) if (f !== undefined) checkFunction(f, `the decoder of kinesisStream '${stream}'`)
}

/**
 * Returns a node that receives element i of the queue in batch i + 1; its records are the rows as codec bytes.
 * @example
 * ssc.queueStream([['a'], ['b', 'c']]) // 'a' | 'b', 'c'
 */
export function queueNode(stream: string, queue: readonly Rows[], intervalMs: number): InputNode {
  if (!Array.isArray(queue) || !queue.every((batch) => Array.isArray(batch)))
    throw new MillraceError('BAD_PROGRAM', `queueStream got ${describeValue(queue)}; it takes an array of batches, each an array of rows: [[1, 2], [3]]`)
  const decoder: Decoder<unknown> = { decode: (data) => decodeValue(data) }
  return Object.freeze<InputNode>({
    shape: 'input',
    kind: 'queueStream',
    uid: undefined,
    parents: [],
    slideMs: intervalMs,
    params: { stream },
    stream,
    decoder,
    queue,
  })
}
