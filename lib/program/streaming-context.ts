import { describeValue } from '../values/describe-value.ts'
import { checkFunction } from '../dstream/check-function.ts'
import { DStream } from '../dstream/dstream.ts'
import type { GraphBuilder } from '../dstream/graph-builder.ts'
import { binaryRecordsNode, textFileNode, type FileOptions } from '../dstream/file-input.ts'
import { notInReceive } from '../values/in-receive.ts'
import { inputNode, queueNode } from '../dstream/input.ts'
import { receiverNode, type ReceiverOptions } from '../dstream/receiver-input.ts'
import type { WholeBatch } from '../dstream/keyed-options.ts'
import type { Node } from '../dstream/node.ts'
import type { Duration } from '../values/duration.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key, Widened } from '../values/key.ts'
import type { AnyDecoder } from '../decode/rows-decoder.ts'
import type { Pair } from '../values/pair.ts'
import type { Rdd } from '../rdd/rdd.ts'
import { StaticTable, type TableLoader } from './static-table.ts'
import { checkListener, type StreamingListener } from './streaming-listener.ts'
import type { Time } from '../values/time.ts'

const TABLE_NAME = /^[\w.-]{1,64}$/

/** Where a program's streams come from; given to the function of defineJob. */
export class StreamingContext {
  readonly batchInterval: Duration
  readonly #graph: GraphBuilder

  constructor(graph: GraphBuilder, batchInterval: Duration) {
    this.#graph = graph
    this.batchInterval = batchInterval
  }

  /**
   * Returns a DStream of a Kinesis stream's records, KPL aggregates taken apart: a row of each, or the rows that a decoder such as jsonLines() makes of it. A record that cannot be decoded goes to the dead letters. A stream is read once per job.
   * @example
   * ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' ')).print()
   */
  kinesisStream<T>(name: string, decoder: AnyDecoder<T>): DStream<T> {
    return new DStream(this.#graph, this.#graph.addInput(inputNode(name, decoder, this.#graph.intervalMs)))
  }

  /**
   * Returns a DStream of what a function of one's own polls: a REST API, a database, a feed. A poll is taken whole, together with its position, or not at all; exactly once if the same position brings the same records.
   * @example
   * const orders = ssc.receiverStream<{ id: number }, number>('orders', {
   *   every: minutes(1),
   *   poll: async (after = 0, { limit, signal }) => {
   *     const page = (await (await fetch(`https://api.example.com/orders?after=${after}&limit=${limit}`, { signal })).json()) as readonly { id: number }[]
   *     return { records: page, position: page.at(-1)?.id ?? after }
   *   },
   * })
   */
  receiverStream<T, P = unknown>(name: string, options: ReceiverOptions<T, P>): DStream<T> {
    return new DStream(this.#graph, this.#graph.addInput(receiverNode(name, options, this.#graph.intervalMs)))
  }

  /**
   * Returns a DStream that receives one element of the queue per batch, as in Spark: for tests and demonstrations.
   * @example
   * ssc.queueStream([[1, 2], [3]]).map((n) => n * 10) // 10, 20 | 30
   */
  queueStream<T>(queue: readonly (readonly T[])[]): DStream<T> {
    return new DStream(this.#graph, this.#graph.addInput(queueNode(`queue-${this.#graph.inputs.length}`, queue, this.#graph.intervalMs)))
  }

  /**
   * Returns a DStream of the lines of the text files that appear in a folder (or in the folders a glob selects), by Spark's rule: a batch takes files modified since the stream was made and in its time,
   * each once; so write a file elsewhere and move it there. `millrace run` watches the folder (with `--speed max` it takes what is there and ends); on AWS there are none.
   * In runBatches its lines are given as those of a stream: `files-0`, the number being its place among the program's inputs.
   * @example
   * ssc.textFileStream('incoming').countByValue().print()
   */
  textFileStream(directory: string, options?: FileOptions): DStream<string> {
    return import.meta.inReceive
      ? notInReceive()
      : new DStream(this.#graph, this.#graph.addInput(textFileNode(`files-${this.#graph.inputs.length}`, directory, options, this.#graph.intervalMs)))
  }

  /**
   * Returns a DStream of records of `recordLength` bytes, of the files that appear in a folder: textFileStream for flat binary files. A file of another length is an error.
   * @example
   * ssc.binaryRecordsStream('incoming', 8).map((record) => Buffer.from(record).readDoubleBE(0)).print()
   */
  binaryRecordsStream(directory: string, recordLength: number, options?: FileOptions): DStream<Uint8Array> {
    return import.meta.inReceive
      ? notInReceive()
      : new DStream(
          this.#graph,
          this.#graph.addInput(binaryRecordsNode(`files-${this.#graph.inputs.length}`, directory, recordLength, options, this.#graph.intervalMs)),
        )
  }

  /**
   * Returns a DStream of the rows of all streams, which must slide together.
   * @example
   * ssc.union([ssc.queueStream([[1], [2]]), ssc.queueStream([[10]]), ssc.queueStream([[], [200]])]) // 1, 10 | 2, 200
   */
  union<T>(streams: readonly [DStream<T>, ...DStream<T>[]]): DStream<T> {
    return DStream.union(this.#graph, streams)
  }

  /**
   * Returns a DStream whose batches are a function of the batches of all streams, which must slide together. Forces one partition unless `perPartition`.
   * @example
   * const first = ssc.queueStream([[1, 2], [3]])
   * const second = ssc.queueStream([['a'], ['b', 'c']])
   * ssc.transform([first, second], ([a, b]) => b.cartesian(a)) // ['a', 1], ['a', 2] | ['b', 3], ['c', 3]
   */
  transform<const T extends readonly [unknown, ...unknown[]], U>(
    streams: { readonly [I in keyof T]: DStream<T[I]> },
    f: (rdds: { readonly [I in keyof T]: Rdd<T[I]> }, time: Time) => Rdd<U>,
    options?: WholeBatch,
  ): DStream<U> {
    checkFunction(f, 'transform')
    return DStream.transform(this.#graph, streams, f as unknown as (rdds: readonly Rdd<never>[], time: Time) => unknown, options)
  }

  /**
   * Registers what hears of each finished batch, as Spark's StreamingListener: called by who closes it, after its outputs and before it counts as finished, so again
   * after a death in between. All listeners of a batch get 5 s together. What they throw is a line of the log and stops nothing.
   * @example
   * ssc.addStreamingListener({ onBatchCompleted: ({ batchInfo }) => console.log(batchInfo.batchTime.milliseconds, batchInfo.numRecords, batchInfo.totalDelay) })
   */
  addStreamingListener(listener: StreamingListener): void {
    // Not `return` where it is: what stands behind one stays in the bundle.
    if (!import.meta.inReceive) {
      checkListener(listener)
      this.#graph.assertOpen('addStreamingListener')
      this.#graph.listeners.push(listener)
    }
  }

  /**
   * Says how the plots stand on the dashboard of the page: rows of their titles. Without it they stand in the order in which the program makes them.
   * @example
   * ssc.queueStream([['a', 'b']]).countByValue().plot('Words')
   * ssc.dashboard('Shop', [['Words']])
   */
  dashboard(title: string, rows: readonly (readonly string[])[]): void {
    if (!import.meta.inReceive) this.#graph.setDashboard({ title, rows })
  }

  /** What operators outside of the core, such as sql, are made of. */
  derive<U>(streams: readonly DStream<unknown>[], kind: string, make: (nodes: readonly Node[]) => Node): DStream<U> {
    return DStream.derive(this.#graph, streams, kind, make)
  }

  /**
   * Returns a table that never changes, loaded once per process before the first record; an entry names its content's hash where it was used. In place of Spark's broadcast variables.
   * `load`: a function that returns pairs, or a csvTable, jsonTable, parquetTable, dynamoTable of millrace/tables.
   * @example
   * const airports = ssc.staticTable('airports', async () => [['ORD', 'Chicago'], ['EWR', 'Newark']])
   * ssc.queueStream([['EWR', 'XYZ']]).mapToPair((code) => [code, 1]).joinTable(airports) // ['EWR', [1, 'Newark']]
   */
  staticTable<K extends Key, V>(name: string, load: TableLoader<K, V>): StaticTable<Widened<K>, V> {
    if (!import.meta.inReceive) checkTable(name, load)
    const table = new StaticTable<Widened<K>, V>(name, load as unknown as () => Promise<Iterable<Pair<Widened<K>, V>>>, load.columns)
    this.#graph.addTable(table)
    return table
  }
}

function checkTable(name: unknown, load: unknown): void {
  if (typeof name !== 'string' || !TABLE_NAME.test(name))
    throw new MillraceError(
      'BAD_PROGRAM',
      `staticTable got ${describeValue(name)} as its name; it must be 1 to 64 letters, digits, '_', '-' or '.', such as 'airports'`,
    )
  if (typeof load !== 'function')
    throw new MillraceError('BAD_PROGRAM', `staticTable '${name}' got ${describeValue(load)}; it takes a function that returns a Promise of pairs`)
}
