import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rmdir, stat, unlink, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { MillraceError } from '../../values/errors.ts'
import type { ByteRange, ObjectInfo, Objects } from '../../runtime/ports/objects.ts'
import { storeError } from './store-error.ts'

/** Half-written files stand here until they are renamed, in a folder of their writer's: other jobs may write to the same place. What the dead have left goes when the folder is opened. */
const PARTIAL = '.millrace-partial'
/** How often a folder is made that another writer may remove in the same moment, since it was empty. */
const ATTEMPTS = 10
/** Folders of half-written files that this process uses. */
const inUse = new Set<string>()
let writers = 0

/** Objects as files of a folder: an object's name is its path. A file appears under its name whole or not at all. */
export class FolderObjects implements Objects {
  readonly #root: string
  readonly #partial: string
  #writes = 0

  /** `readOnly`: somebody else's folder is left as it is, also what is half written. */
  constructor(root: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#root = root
    this.#partial = join(root, PARTIAL, `${process.pid}-${writers++}`)
    if (readOnly) return
    try {
      mkdirSync(root, { recursive: true })
      for (const name of namesIn(join(root, PARTIAL))) {
        const path = join(root, PARTIAL, name)
        if (!inUse.has(path) && !isOther(Number.parseInt(name, 10))) rmSync(path, { recursive: true, force: true })
      }
      removeIfEmpty(join(root, PARTIAL))
    } catch (cause) {
      throw storeError('cannot use the folder', root, cause)
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#replace(key, (partial) => writeFile(partial, bytes))
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | null> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#path(key), 'r')
      if (range === undefined) return new Uint8Array(await file.readFile())
      const { buffer, bytesRead } = await file.read(new Uint8Array(range.length), 0, range.length, range.offset)
      return buffer.subarray(0, bytesRead)
    } catch (cause) {
      if (isMissing(cause)) return null
      throw this.#failed(`cannot read '${key}'`, cause)
    } finally {
      // Not `await using`: Node 22 does not know it.
      await file?.close()
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const source = this.#path(from)
    await this.#replace(to, (partial) => copyFile(source, partial))
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    const keys = await this.#keysUnder(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
    const found = await Promise.all(keys.map(async (key) => ({ key, size: (await stat(this.#path(key))).size })))
    return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const path = this.#path(key)
      try {
        await unlink(path)
        await this.#removeEmpty(dirname(path))
      } catch (cause) {
        if (!isMissing(cause)) throw this.#failed(`cannot delete '${key}'`, cause)
      }
    }
  }

  /** Removes the folder of half-written files, so that a finished run leaves only results. */
  close(): void {
    inUse.delete(this.#partial)
    rmSync(this.#partial, { recursive: true, force: true })
    removeIfEmpty(join(this.#root, PARTIAL))
  }

  /** A name is a path inside the folder, and only one name means a file. */
  #path(key: string): string {
    const parts = key.split('/')
    const bad = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0') || (sep === '\\' && /[\\:]/.test(part)))
    if (bad || parts[0] === PARTIAL || !key.isWellFormed()) {
      throw new MillraceError(
        'BAD_VALUE',
        `object name ${JSON.stringify(key)} cannot be a file in ${this.#root}: it must be parts joined by '/', none of them empty, '.' or '..', so that it stays inside the folder; choose another prefix for the output`,
      )
    }
    return join(this.#root, ...parts)
  }

  async #replace(key: string, write: (partial: string) => Promise<void>): Promise<void> {
    const path = this.#path(key)
    if (!existsSync(this.#root))
      throw new MillraceError(
        'STORE_FAILED',
        `the folder ${this.#root} has vanished while the run was going, with what was written to it. What the state holds is kept: bring the folder back and start again, or remove the state to start over`,
      )
    const partial = join(this.#partial, String(this.#writes++))
    try {
      inUse.add(this.#partial)
      await makeFolder(this.#partial)
      await write(partial)
      await mkdir(dirname(path), { recursive: true })
      await rename(partial, path)
    } catch (cause) {
      throw this.#failed(`cannot write '${key}'`, cause)
    }
  }

  async #keysUnder(folder: string, prefix: string): Promise<readonly string[]> {
    let entries
    try {
      entries = await readdir(join(this.#root, folder), { withFileTypes: true })
    } catch (cause) {
      if (isMissing(cause)) return []
      throw this.#failed(`cannot list '${folder}'`, cause)
    }
    const keys = await Promise.all(
      entries.map(async (entry) => {
        const key = folder + entry.name
        if (entry.name === PARTIAL || !(key.startsWith(prefix) || `${key}/`.startsWith(prefix))) return []
        return entry.isDirectory() ? this.#keysUnder(`${key}/`, prefix) : [key]
      }),
    )
    return keys.flat()
  }

  /** A folder is nothing but the names below it: without any it is gone, as in S3. */
  async #removeEmpty(folder: string): Promise<void> {
    if (folder === this.#root || !folder.startsWith(this.#root) || readdirSync(folder).length > 0) return
    await rmdir(folder)
    await this.#removeEmpty(dirname(folder))
  }

  #failed(doing: string, cause: unknown): MillraceError {
    return cause instanceof MillraceError ? cause : storeError(doing, this.#root, cause)
  }
}

function isMissing(cause: unknown): boolean {
  const { code } = cause as { readonly code?: string }
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
}

async function makeFolder(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(path, { recursive: true })
      return
    } catch (cause) {
      if (!isMissing(cause) || attempt >= ATTEMPTS) throw cause
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    if (isMissing(cause)) return []
    throw cause
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (cause) {
    const { code } = cause as { readonly code?: string }
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && !isMissing(cause)) throw cause
  }
}

/** Whether it is a process that lives, and not this one. */
function isOther(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // Somebody else's.
    return (cause as { readonly code?: string }).code === 'EPERM'
  }
}
