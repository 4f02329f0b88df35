// What it costs to find a key's cell, by kind of key.
import { KeyMap } from '../lib/values/key-map.ts'
import type { Key } from '../lib/values/key.ts'
import { measure } from './measure.ts'
import { random } from './random.ts'
import { table } from './table.ts'

const LOOKUPS = 100_000
const DISTINCT = 5_000

function count(map: { get(key: Key): { n: number } | undefined; set(key: Key, cell: { n: number }): unknown }, keys: readonly Key[]): unknown {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as Key
    const cell = map.get(key)
    if (cell === undefined) map.set(key, { n: 1 })
    else cell.n++
  }
  return map
}

/** Prints nanoseconds per record for string and tuple keys, beside what one would write by hand. */
export async function keys(): Promise<void> {
  const next = random(7)
  const draws = Array.from({ length: LOOKUPS }, () => Math.floor(DISTINCT * next()))
  const strings = draws.map((n) => `key-${n}`)
  const tuples = draws.map((n) => [`key-${n % 70}`, Math.floor(n / 70)] as const)
  const contenders = [
    { name: 'string in a native Map', run: () => count(new Map<Key, { n: number }>(), strings) },
    { name: 'string in a KeyMap', run: () => count(new KeyMap<{ n: number }>(), strings) },
    { name: 'tuple in a KeyMap', run: () => count(new KeyMap<{ n: number }>(), tuples) },
    {
      name: "tuple as the user's template string",
      run: () =>
        count(
          new Map<Key, { n: number }>(),
          tuples.map(([a, b]) => `${a}|${b}`),
        ),
    },
    {
      name: 'tuple by JSON.stringify',
      run: () =>
        count(
          new Map<Key, { n: number }>(),
          tuples.map((key) => JSON.stringify(key)),
        ),
    },
  ]
  const ms = await measure<unknown>(contenders, { rounds: 30, warmup: 10 })
  console.log(`Finding the cell of a key, ${DISTINCT} distinct ones, ${LOOKUPS} look-ups`)
  console.log(
    table(
      ['', 'ns per record'],
      contenders.map(({ name }) => [name, (((ms.get(name) ?? Number.NaN) * 1e6) / LOOKUPS).toFixed(0)]),
    ),
  )
}
