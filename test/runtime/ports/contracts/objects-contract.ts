import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Objects } from '../../../../lib/runtime/ports/objects.ts'
import { bytesOf, freshName, type Make } from './fixture.ts'

/** What every Objects must do. */
export function objectsContract(name: string, make: Make<Objects>): void {
  describe(`${name} is an Objects`, () => {
    let objects: Objects
    let close: () => Promise<void>
    beforeEach(async () => {
      const made = await make()
      objects = made.port
      close = made.close
    })
    afterEach(() => close())

    test('has no object that was not put', async () => {
      const prefix = freshName()
      expect(await objects.get(`${prefix}/none`)).toBeNull()
      expect(await objects.get(`${prefix}/none`, { offset: 1, length: 2 })).toBeNull()
      expect(await objects.list(prefix)).toEqual([])
    })

    test('gives back what was put, and what was put over it', async () => {
      const key = `${freshName()}/out-1000/part-00000`
      await objects.put(key, bytesOf('first'))
      expect(await objects.get(key)).toStrictEqual(bytesOf('first'))
      await objects.put(key, bytesOf('2nd'))
      expect(await objects.get(key)).toStrictEqual(bytesOf('2nd'))
    })

    test('gives ranges', async () => {
      const key = `${freshName()}/ranges`
      await objects.put(key, bytesOf('0123456789'))
      for (const [offset, length, text] of [
        [0, 10, '0123456789'],
        [0, 1, '0'],
        [3, 4, '3456'],
        [9, 1, '9'],
      ] as const) {
        expect(await objects.get(key, { offset, length })).toStrictEqual(bytesOf(text))
      }
      expect(await objects.get(key, { offset: 4, length: 0 })).toStrictEqual(new Uint8Array(0))
    })

    test('takes empty objects, and large ones', async () => {
      const prefix = freshName()
      const large = Uint8Array.from({ length: 300 * 1024 }, (_, i) => (i * 31) & 0xff)
      await objects.put(`${prefix}/empty`, new Uint8Array(0))
      await objects.put(`${prefix}/large`, large)
      expect(await objects.get(`${prefix}/empty`)).toStrictEqual(new Uint8Array(0))
      expect(Buffer.compare((await objects.get(`${prefix}/large`))!, large)).toBe(0)
      expect(await objects.get(`${prefix}/large`, { offset: 200_000, length: 3 })).toStrictEqual(large.slice(200_000, 200_003))
      expect(await objects.list(`${prefix}/`)).toEqual([
        { key: `${prefix}/empty`, size: 0 },
        { key: `${prefix}/large`, size: large.length },
      ])
    })

    test('takes objects of many megabytes, over what was there too', async () => {
      const key = `${freshName()}/many-megabytes`
      const many = new Uint8Array(Buffer.alloc(20 * 1024 * 1024 + 1, 'millrace '))
      await objects.put(key, bytesOf('small'))
      await objects.put(key, many)
      expect(Buffer.compare((await objects.get(key))!, many)).toBe(0)
      expect(await objects.get(key, { offset: 16 * 1024 * 1024 - 1, length: 3 })).toStrictEqual(many.slice(16 * 1024 * 1024 - 1, 16 * 1024 * 1024 + 2))
    })

    test('copies, over what was there too', async () => {
      const prefix = freshName()
      await objects.put(`${prefix}/from`, bytesOf('content'))
      await objects.copy(`${prefix}/from`, `${prefix}/deep/er/to`)
      await objects.copy(`${prefix}/from`, `${prefix}/deep/er/to`)
      await objects.delete([`${prefix}/from`])
      expect(await objects.get(`${prefix}/deep/er/to`)).toStrictEqual(bytesOf('content'))
    })

    test('copies names that a URL would have to quote', async () => {
      const prefix = freshName()
      const key = `${prefix}/a b+c%20d?e=µ&#,~'()!*/stage-1x4`
      await objects.put(key, bytesOf('content'))
      await objects.copy(key, `${key}-2`)
      expect((await objects.list(prefix)).map((o) => o.key)).toEqual([key, `${key}-2`])
      expect(await objects.get(`${key}-2`)).toStrictEqual(bytesOf('content'))
    })

    test('refuses to copy what is not there', async () => {
      const prefix = freshName()
      await expect(objects.copy(`${prefix}/none`, `${prefix}/to`)).rejects.toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
      expect(await objects.get(`${prefix}/to`)).toBeNull()
    })

    test('lists what begins with a prefix, in the order of UTF-8 bytes', async () => {
      const prefix = freshName()
      const names = ['B', 'a!', 'a-1', 'a/1', 'a/10', 'a/9', 'b/c/d', 'é', '\uff5e', '😀'] // by bytes; UTF-16 would have the last two the other way round
      for (const one of [...names].reverse()) await objects.put(`${prefix}/${one}`, bytesOf(one))
      await objects.put(`${prefix}x`, bytesOf('a neighbour'))
      expect(await objects.list(`${prefix}/`)).toEqual(names.map((one) => ({ key: `${prefix}/${one}`, size: bytesOf(one).length })))
      expect((await objects.list(`${prefix}/a/`)).map((o) => o.key)).toEqual([`${prefix}/a/1`, `${prefix}/a/10`, `${prefix}/a/9`])
      // A prefix need not end at a slash.
      expect((await objects.list(`${prefix}/a/1`)).map((o) => o.key)).toEqual([`${prefix}/a/1`, `${prefix}/a/10`])
      expect((await objects.list(`${prefix}/b/c`)).map((o) => o.key)).toEqual([`${prefix}/b/c/d`])
      expect((await objects.list(prefix)).length).toBe(names.length + 1)
    })

    test('deletes many, and what is not there', async () => {
      const prefix = freshName()
      const keys = Array.from({ length: 25 }, (_, i) => `${prefix}/${i}`)
      for (const key of keys) await objects.put(key, bytesOf('x'))
      await objects.delete([...keys.slice(1), `${prefix}/none`])
      await objects.delete([`${prefix}/none`])
      await objects.delete([])
      expect((await objects.list(prefix)).map((o) => o.key)).toEqual([`${prefix}/0`])
      await objects.put(keys[5]!, bytesOf('again'))
      expect(await objects.get(keys[5]!)).toStrictEqual(bytesOf('again'))
    })

    test('shares no memory with those who put and get', async () => {
      const key = `${freshName()}/memory`
      const bytes = bytesOf('unchanged')
      await objects.put(key, bytes)
      bytes.fill(0)
      ;(await objects.get(key))?.fill(0)
      ;(await objects.get(key, { offset: 0, length: 3 }))?.fill(0)
      expect(await objects.get(key)).toStrictEqual(bytesOf('unchanged'))
    })
  })
}
