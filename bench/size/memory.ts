// How much heap a key takes, and 10^7 keys in a process that has no room for them.
import { execFileSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { encodeRows } from '../../lib/codec/rows.ts'
import type { Key } from '../../lib/values/key.ts'
import { BucketRows } from '../../lib/state/bucket-rows.ts'
import { table } from '../table.ts'
import { keyOf } from './flat.ts'

const KEYS = 1_000_000
/** For V8's old space: what Lambda would leave of 1,024 MB. */
const HEAP_MB = 900

/** Prints heap per key, then what a process of its own reports that holds ten million keys under a limit. */
export async function memory(): Promise<void> {
  const rows = [
    await perKey('string key, number', (i) => [keyOf(i), i]),
    await perKey('string key, mapWithState of a number', (i) => [keyOf(i), [i, 1_764_000_000_000 + (i % 50)]]),
    await perKey('number key, number', (i) => [i * 7, i]),
    await perKey('tuple key, number', (i) => [[`user-${i % 1000}`, i], i]),
  ]
  console.log(`Memory per key that is loaded, of ${KEYS.toLocaleString('en')}`)
  console.log(table(['a key that is loaded', 'memory'], rows))
  console.log('')
  const program = fileURLToPath(new URL('./ten-million.ts', import.meta.url))
  process.stdout.write(execFileSync(process.execPath, ['--conditions=millrace-source', '--expose-gc', `--max-old-space-size=${HEAP_MB}`, program]))
}

/** Of buckets as they are loaded: each of so many rows. */
const BUCKET_ROWS = 2_000

async function perKey(name: string, row: (i: number) => readonly [Key, unknown]): Promise<string[]> {
  const used = async (): Promise<number> => {
    // The memory of typed arrays is given back some time after the collection.
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.()
      await setTimeout(50)
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = await used()
  const buckets: BucketRows[] = []
  for (let from = 0; from < KEYS; from += BUCKET_ROWS) buckets.push(BucketRows.decode(encodeRows(Array.from({ length: BUCKET_ROWS }, (_, i) => row(from + i)))))
  const bytes = (await used()) - before
  return [name, (bytes / buckets.reduce((sum, { size }) => sum + size, 0)).toFixed(0) + ' bytes']
}
