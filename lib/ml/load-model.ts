import type { StaticTable } from '../program/static-table.ts'
import type { StreamingContext } from '../program/streaming-context.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'

/**
 * Returns a static table of the models of another job, by key (null of a single one): `read` returns what `snapshots().saveAsJsonFiles(...)` has written, the texts of its files, oldest first. Of a key the last one stands.
 * @example
 * const models = loadModel<KMeansModel>(ssc, 'clusters', async () => [await asset('models/clusters.jsonl').text()])
 * points.keyBy(() => null).joinTable(models).map(([, [point, model]]) => predictKMeans(model, point))
 */
export function loadModel<M, K extends Key = null>(ssc: StreamingContext, name: string, read: () => Promise<string | readonly string[]>): StaticTable<K, M> {
  return ssc.staticTable(name, async () => {
    const texts = await read()
    return (typeof texts === 'string' ? [texts] : texts).flatMap((text) =>
      text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [modelOf<K, M>(line, i + 1, name)])),
    )
  }) as unknown as StaticTable<K, M>
}

function modelOf<K extends Key, M>(line: string, number: number, name: string): Pair<K, M> {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch (cause) {
    throw new MillraceError(
      'BAD_PROGRAM',
      `loadModel '${name}': line ${number} is ${describeValue(line)}, no JSON; it reads the files of snapshots().saveAsJsonFiles(...)`,
      { cause },
    )
  }
  if (!Array.isArray(row) || row.length !== 2 || typeof row[1] !== 'object' || row[1] === null)
    throw new MillraceError(
      'BAD_PROGRAM',
      `loadModel '${name}': line ${number} is ${describeValue(line)}; a line is [key, model], as snapshots().saveAsJsonFiles(...) writes it`,
    )
  return row as unknown as Pair<K, M>
}
