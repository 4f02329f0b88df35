import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log, LogKey } from '../../../../lib/runtime/ports/log.ts'
import { bytesOf, freshName, type Make } from './fixture.ts'

const NEVER = { expiresAtMs: null }
const STRONGLY = { consistent: true }

/** What every Log must do. `make` opens one (a shared store will do: names are fresh). */
export function logContract(name: string, make: Make<Log>): void {
  describe(`${name} is a Log`, () => {
    let log: Log
    let close: () => Promise<void>
    beforeEach(async () => {
      const made = await make()
      log = made.port
      close = made.close
    })
    afterEach(() => close())

    test('has no entry that was not put', async () => {
      const key = { log: freshName(), n: 0 }
      expect(await log.get(key, STRONGLY)).toBeNull()
      expect(await log.get(key, { consistent: false })).toBeNull()
      expect(await log.getMany([key, { ...key, n: 7 }], STRONGLY)).toEqual([null, null])
      expect(await log.newest(key.log)).toBeNull()
    })

    test('gives back what was put', async () => {
      const key = { log: freshName(), n: 0 }
      expect(await log.put(key, bytesOf('first'), NEVER)).toBeNull()
      expect(await log.get(key, STRONGLY)).toStrictEqual(bytesOf('first'))
      expect(await log.newest(key.log)).toStrictEqual({ n: 0, bytes: bytesOf('first') })
    })

    test('lets the first put win and hands the loser the winner’s bytes', async () => {
      const key = { log: freshName(), n: 3 }
      expect(await log.put(key, bytesOf('winner'), NEVER)).toBeNull()
      expect(await log.put(key, bytesOf('loser'), NEVER)).toStrictEqual(bytesOf('winner'))
      expect(await log.get(key, STRONGLY)).toStrictEqual(bytesOf('winner'))
    })

    test('hands one’s own bytes to a retry of one’s own', async () => {
      const key = { log: freshName(), n: 0 }
      await log.put(key, bytesOf('mine'), NEVER)
      expect(await log.put(key, bytesOf('mine'), NEVER)).toStrictEqual(bytesOf('mine'))
    })

    test('lets exactly one of many puts at once win', async () => {
      const key = { log: freshName(), n: 0 }
      const contents = Array.from({ length: 8 }, (_, i) => bytesOf(`attempt ${i}`))
      const answers = await Promise.all(contents.map((content) => log.put(key, content, NEVER)))
      const winners = answers.flatMap((answer, i) => (answer === null ? [i] : []))
      expect(winners).toHaveLength(1)
      const won = contents[winners[0]!]!
      for (const answer of answers) if (answer !== null) expect(answer).toStrictEqual(won)
      expect(await log.get(key, STRONGLY)).toStrictEqual(won)
    })

    test('keeps logs and numbers apart', async () => {
      const [a, b] = [freshName(), freshName()]
      await log.put({ log: a, n: 0 }, bytesOf('a0'), NEVER)
      await log.put({ log: a, n: 1 }, bytesOf('a1'), NEVER)
      await log.put({ log: b, n: 0 }, bytesOf('b0'), NEVER)
      await log.put({ log: `${a}/0`, n: 0 }, bytesOf('a/0 0'), NEVER)
      const keys: LogKey[] = [
        { log: b, n: 0 },
        { log: a, n: 1 },
        { log: a, n: 0 },
        { log: `${a}/0`, n: 0 },
        { log: b, n: 1 },
      ]
      expect(await log.getMany(keys, STRONGLY)).toStrictEqual([bytesOf('b0'), bytesOf('a1'), bytesOf('a0'), bytesOf('a/0 0'), null])
    })

    test('gives many entries in the order asked for, null for holes, also when the same one is asked for twice', async () => {
      const name = freshName()
      const there = (n: number): boolean => n % 7 !== 3
      for (let n = 0; n < 250; n++) if (there(n)) await log.put({ log: name, n }, bytesOf(`entry ${n}`), NEVER)
      // Neither ascending nor descending: 101 and 250 have no common divisor, so every number comes once.
      const order = Array.from({ length: 250 }, (_, i) => (i * 101) % 250)
      const keys = [...order, order[0]!].map((n) => ({ log: name, n }))
      for (const consistent of [true, false]) {
        const answers = await log.getMany(keys, { consistent })
        expect(answers.map((bytes) => bytes && Buffer.from(bytes).toString())).toEqual(keys.map(({ n }) => (there(n) ? `entry ${n}` : null)))
      }
      expect(await log.getMany([], STRONGLY)).toEqual([])
    })

    test('finds the newest by number, not by text, and whatever the order of the puts', async () => {
      const name = freshName()
      for (const [n, newest] of [
        [9, 9],
        [10, 10],
        [100, 100],
        [11, 100],
        [99, 100],
        [4_000_000_000, 4_000_000_000],
      ] as const) {
        await log.put({ log: name, n }, bytesOf(`${n}`), NEVER)
        expect(await log.newest(name)).toStrictEqual({ n: newest, bytes: bytesOf(`${newest}`) })
      }
      await log.put({ log: `${name}0`, n: 5_000_000_000 }, bytesOf('another log'), NEVER)
      expect((await log.newest(name))?.n).toBe(4_000_000_000)
    })

    test('takes empty entries, and such as are 300 KB long', async () => {
      const name = freshName()
      const large = Uint8Array.from({ length: 300 * 1024 }, (_, i) => (i * 31) & 0xff)
      await log.put({ log: name, n: 0 }, new Uint8Array(0), NEVER)
      await log.put({ log: name, n: 1 }, large, NEVER)
      expect(await log.get({ log: name, n: 0 }, STRONGLY)).toStrictEqual(new Uint8Array(0))
      expect(await log.put({ log: name, n: 0 }, large, NEVER)).toStrictEqual(new Uint8Array(0))
      const [first, second] = await log.getMany(
        [
          { log: name, n: 1 },
          { log: name, n: 0 },
        ],
        STRONGLY,
      )
      expect(Buffer.compare(first!, large)).toBe(0)
      expect(second).toStrictEqual(new Uint8Array(0))
      expect((await log.newest(name))?.bytes.length).toBe(large.length)
    })

    test('takes a time to live without letting an entry go before it', async () => {
      const key = { log: freshName(), n: 0 }
      await log.put(key, bytesOf('lives'), { expiresAtMs: 4_102_444_800_000 }) // 2100
      expect(await log.get(key, STRONGLY)).toStrictEqual(bytesOf('lives'))
    })

    test('shares no memory with those who put and get', async () => {
      const key = { log: freshName(), n: 0 }
      const bytes = bytesOf('unchanged')
      await log.put(key, bytes, NEVER)
      bytes.fill(0)
      ;(await log.get(key, STRONGLY))?.fill(0)
      ;(await log.newest(key.log))?.bytes.fill(0)
      ;(await log.getMany([key], STRONGLY))[0]?.fill(0)
      expect(await log.get(key, STRONGLY)).toStrictEqual(bytesOf('unchanged'))
    })

    test('refuses numbers that are none', async () => {
      for (const n of [-1, 0.5, NaN]) await expect(log.put({ log: freshName(), n }, bytesOf('x'), NEVER)).rejects.toThrow(/entry .* of log/)
    })
  })
}
