// How much heap a key takes, and 10^7 keys in a process that has no room for them.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { KeyMap } from '../../lib/key-map.ts'
import { table } from '../table.ts'
import { keyOf } from './flat.ts'

const KEYS = 1_000_000
/** For V8's old space: what Lambda would leave of 1,024 MB. */
const HEAP_MB = 900

/** Prints heap per key, then what a process of its own reports that holds ten million keys under a limit. */
export function memory(): void {
  const rows = [
    perKey('string key, number', (i) => [keyOf(i), i]),
    perKey('string key, mapWithState of a number', (i) => [keyOf(i), [i, 1_764_000_000_000 + (i % 50)]]),
    perKey('number key, number', (i) => [i * 7, i]),
    perKey('tuple key, number', (i) => [[`user-${i % 1000}`, i], i]),
  ]
  console.log(`Heap per key that is loaded, of ${KEYS.toLocaleString('en')}`)
  console.log(table(['', 'bytes'], rows))
  console.log('')
  const program = fileURLToPath(new URL('./ten-million.ts', import.meta.url))
  process.stdout.write(execFileSync(process.execPath, ['--conditions=millrace-source', '--expose-gc', `--max-old-space-size=${HEAP_MB}`, program]))
}

function perKey(name: string, row: (i: number) => readonly [never, unknown] | readonly unknown[]): string[] {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const map = new KeyMap<unknown>()
  for (let i = 0; i < KEYS; i++) {
    const [key, value] = row(i)
    map.set(key as string, value)
  }
  globalThis.gc?.()
  const bytes = (process.memoryUsage().heapUsed - before) / map.size
  return [name, bytes.toFixed(0)]
}
