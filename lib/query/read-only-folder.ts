import { open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Objects } from '../runtime/ports/objects.ts'

/** Objects of a folder that another process writes: nothing is made, emptied or changed. */
export function readOnlyFolder(root: string): Objects {
  return {
    get: async (key, range) => {
      let file: FileHandle | undefined
      try {
        file = await open(join(root, ...key.split('/')), 'r')
        if (range === undefined) return new Uint8Array(await file.readFile())
        const { buffer, bytesRead } = await file.read(new Uint8Array(range.length), 0, range.length, range.offset)
        return buffer.subarray(0, bytesRead)
      } catch (error) {
        if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String((error as NodeJS.ErrnoException).code))) return null
        throw error
      } finally {
        await file?.close()
      }
    },
    list: async (prefix) => {
      const found: { key: string; size: number }[] = []
      const names = await readdir(root, { recursive: true }).catch(() => [])
      for (const name of names) {
        const key = relative('.', name).split(sep).join('/')
        if (!key.startsWith(prefix)) continue
        const info = await stat(join(root, name)).catch(() => undefined)
        if (info?.isFile() === true) found.push({ key, size: info.size })
      }
      return found
    },
    put: refuse,
    copy: refuse,
    delete: refuse,
  }
}

function refuse(): never {
  throw new Error('a question only reads')
}
