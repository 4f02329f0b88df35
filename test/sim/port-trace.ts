import { AsyncLocalStorage } from 'node:async_hooks'
import type { LogKey } from '../../lib/runtime/ports/log.ts'
import type { ListedShard } from '../../lib/runtime/ports/shards.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'

/** Names of shards, and of those that each came from. */
export type ShardList = ReadonlyMap<string, readonly string[]>

/** What one invocation was answered, and when it began to write. */
interface Invocation {
  /** By log, whether its last read of an entry found it. */
  readonly reads: Map<string, Map<number, boolean>>
  /** The last answer to the question which shards there are, and whom each came from. */
  shards: ShardList | undefined
  /** What its process's clock said at its first write since its last read, or since its last entry. */
  writingSince: number | undefined
}

/** What went over the ports, as the processes saw it: with what knowledge each batch was allocated, and by what clock each entry was made. */
export class PortTrace {
  readonly #here = new AsyncLocalStorage<Invocation>()
  /** By batch: of each log the lowest entry whose last read by the batch's allocator answered that it is not there (or not yet: a stale read). */
  readonly absences = new Map<number, ReadonlyMap<string, number>>()
  /** What the clock said when the records of a receiver log's entry (`log#n`) were taken up by who committed them. */
  readonly clocks = new Map<string, number>()
  /** By entry of the input log: the list of its stream's shards that its writer was given; undefined: none. */
  readonly shardLists = new Map<number, ShardList | undefined>()

  /** Runs an invocation: what its requests are answered is its own knowledge, whatever else its process does. */
  invoke<T>(work: () => Promise<T>): Promise<T> {
    return this.#here.run({ reads: new Map(), shards: undefined, writingSince: undefined }, work)
  }

  /** Returns the ports of a process, traced: `ports` answer as the process sees it, stale and late. */
  of(ports: Ports): Ports {
    const { log, progress, objects, messages, clock, shards } = ports
    const reading = <T>(work: Promise<T>): Promise<T> => {
      this.#writes(undefined)
      return work
    }
    const writing = <T>(work: () => Promise<T>): Promise<T> => {
      const here = this.#here.getStore()
      if (here !== undefined) here.writingSince ??= clock.now()
      return work()
    }
    const list = async (stream: string): Promise<readonly ListedShard[]> => {
      const here = this.#here.getStore()
      if (here !== undefined) here.shards = undefined
      const answer = await reading(shards?.list(stream) ?? Promise.resolve([]))
      if (here !== undefined) here.shards = new Map(answer.map((one) => [one.shard, one.parents]))
      return answer
    }
    return {
      clock,
      ...(shards === undefined ? {} : { shards: { list } }),
      log: {
        put: async (key, bytes, options) => {
          const answer = await writing(() => log.put(key, bytes, options))
          this.#writes(undefined)
          return answer
        },
        get: async (key, options) => {
          const answer = await reading(log.get(key, options))
          this.#answered(key, answer !== null)
          return answer
        },
        getMany: async (keys, options) => {
          const answers = await reading(log.getMany(keys, options))
          for (const [i, key] of keys.entries()) this.#answered(key, (answers[i] ?? null) !== null)
          return answers
        },
        newest: (name) => reading(log.newest(name)),
      },
      progress: { get: (batch) => reading(progress.get(batch)), add: (batch, update) => reading(progress.add(batch, update)) },
      objects: { ...objects, put: (key, bytes) => writing(() => objects.put(key, bytes)) },
      messages,
    }
  }

  /** An entry was put, by whoever runs now. */
  decided({ log, n }: LogKey): void {
    const here = this.#here.getStore()
    if (here === undefined) throw new Error(`${log}#${n} was put outside any invocation`)
    if (log.startsWith('rec/') && here.writingSince !== undefined) this.clocks.set(`${log}#${n}`, here.writingSince)
    if (log === 'inputs') this.shardLists.set(n, here.shards)
    if (log === 'batch') this.absences.set(n, lowestAbsent(here.reads))
  }

  #writes(since: number | undefined): void {
    const here = this.#here.getStore()
    if (here !== undefined) here.writingSince = since
  }

  #answered({ log, n }: LogKey, found: boolean): void {
    const here = this.#here.getStore()
    if (here === undefined) return
    const ofLog = here.reads.get(log) ?? new Map<number, boolean>()
    here.reads.set(log, ofLog)
    ofLog.set(n, found)
  }
}

function lowestAbsent(reads: ReadonlyMap<string, ReadonlyMap<number, boolean>>): ReadonlyMap<string, number> {
  const lowest = new Map<string, number>()
  for (const [log, ofLog] of reads) for (const [n, found] of ofLog) if (!found && n < (lowest.get(log) ?? Infinity)) lowest.set(log, n)
  return lowest
}
