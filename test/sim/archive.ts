import type { Log, LogKey } from '../../lib/runtime/ports/log.ts'
import { MemoryLog } from '../../lib/runtime/ports/memory-log.ts'
import { MemoryObjects } from '../../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../../lib/runtime/ports/memory-progress.ts'
import type { Objects } from '../../lib/runtime/ports/objects.ts'

/** An entry as it was put, or an object as it was written: the oracle's material. */
export interface Written {
  readonly at: number
  readonly bytes: Uint8Array
}

/** The stores of a simulated world, and all that was ever written to them. */
export class Archive {
  readonly memoryLog = new MemoryLog()
  readonly progress = new MemoryProgress()
  /** What every log ever held, in the order of the puts. */
  readonly entries = new Map<string, ({ readonly n: number } & Written)[]>()
  readonly objectWrites = new Map<string, Written[]>()
  readonly log: Log
  readonly objects: Objects
  puts = 0
  reads = 0

  constructor(now: () => number, decided: (key: LogKey) => void) {
    const { memoryLog, entries, objectWrites } = this
    const memoryObjects = new MemoryObjects()
    const read = <T>(count: number, answer: T): T => {
      this.reads += count
      return answer
    }
    this.log = {
      put: async (key, bytes, options) => {
        const there = await memoryLog.put(key, bytes, options)
        if (there !== null) return there
        this.puts++
        decided(key)
        append(entries, key.log, { n: key.n, at: now(), bytes })
        return null
      },
      get: (key) => read(1, memoryLog.get(key)),
      getMany: (keys) => read(keys.length, memoryLog.getMany(keys)),
      newest: (name) => read(1, memoryLog.newest(name)),
    }
    const wrote = async (key: string): Promise<void> => append(objectWrites, key, { at: now(), bytes: (await memoryObjects.get(key)) ?? new Uint8Array(0) })
    this.objects = {
      put: async (key, bytes) => {
        await memoryObjects.put(key, bytes)
        await wrote(key)
      },
      get: (key, range) => (range === undefined ? memoryObjects.get(key) : memoryObjects.get(key, range)),
      copy: async (from, to) => {
        await memoryObjects.copy(from, to)
        await wrote(to)
      },
      list: (prefix) => memoryObjects.list(prefix),
      delete: (keys) => memoryObjects.delete(keys),
    }
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key) ?? []
  map.set(key, list)
  list.push(value)
}
