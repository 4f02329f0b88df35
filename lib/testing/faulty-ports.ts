import { MillraceError } from '../values/errors.ts'
import type { Consistency, Log, LogItem, LogKey } from '../runtime/ports/log.ts'
import type { Message, Messages } from '../runtime/ports/messages.ts'
import type { ByteRange, ObjectInfo, Objects } from '../runtime/ports/objects.ts'
import type { Progress, ProgressItem, ProgressUpdate } from '../runtime/ports/progress.ts'
import type { Shards } from '../runtime/ports/shards.ts'
import type { Ports } from '../runtime/runtime.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What can happen to a request: probabilities from 0 to 1. */
export interface PortFaults {
  /** The process dies: half of the times before the request takes effect, half after. */
  readonly kill: number
  /** Pins where a kill or an error strikes, before the request takes effect or after; left out: chance. */
  readonly when?: 'before' | 'after'
  /** The process stands still before the request, for seconds to minutes. */
  readonly pause: number
  readonly maxPauseMs: number
  /** An error: half of the times the request took effect and its answer is lost, half it never arrived. */
  readonly error: number
  /** The answer was lost and the SDK sent the request once more. */
  readonly retry: number
  /** An eventually consistent read misses what was written within this time. */
  readonly staleMs: number
  readonly latencyMs: number
}

/** One process, as its requests see it. */
export interface FaultyProcess {
  readonly ports: Ports
  readonly isDead: () => boolean
}

export interface FaultyOptions {
  readonly ports: Ports
  readonly time: VirtualTime
  readonly random: Random
  /** Asked before every request: they may change over time. */
  readonly faults: () => PortFaults
  /** When entries were written, shared by all processes. */
  readonly written: Map<string, number>
  readonly count: (fault: string) => void
  /** Told of every request (`killed`: the process died at it); `stack` returns that of its caller, and costs more than the request. */
  readonly onRequest?: (port: string, killed: boolean, stack: () => string) => void
  readonly onDeath: () => void
}

const NEVER = new Promise<never>(() => {})

/** Returns the ports of one process whose every request may go wrong. A dead process is one whose promises never settle. */
export function faultyProcess(options: FaultyOptions): FaultyProcess {
  const { ports, time, random, faults, written, count, onRequest, onDeath } = options
  let dead = false

  const die = (): Promise<never> => {
    if (!dead) {
      dead = true
      onDeath()
    }
    return NEVER
  }
  const request = async <T>(port: string, effect: () => Promise<T>, repeats: boolean): Promise<T> => {
    const f = faults()
    const killed = random.chance(f.kill)
    onRequest?.(port, killed, () => new Error('request').stack ?? '')
    const paused = random.chance(f.pause)
    if (paused) count('pause')
    await time.sleep(random.span(1, f.latencyMs) + (paused ? random.span(1_000, f.maxPauseMs) : 0))
    if (dead) return NEVER
    const early = f.when === undefined ? random.chance(0.5) : f.when === 'before'
    if (killed) count('kill')
    if (killed && early) return die()
    const fails = random.chance(f.error)
    if (fails) count('error')
    if (fails && early) throw new MillraceError('STORE_FAILED', `${port}: the request did not arrive (simulated)`)
    let answer = await effect()
    if (killed) return die()
    if (fails) throw new MillraceError('STORE_FAILED', `${port}: the answer was lost (simulated)`)
    if (repeats && random.chance(f.retry)) {
      count('retry')
      await time.sleep(random.span(50, 3_000))
      if (dead) return NEVER
      answer = await effect()
    }
    return answer
  }
  const nameOf = (key: LogKey): string => `${key.log}#${key.n}`
  const stale = (key: LogKey, { consistent }: Consistency, bytes: Uint8Array | null): Uint8Array | null => {
    const f = faults()
    if (consistent || bytes === null || f.staleMs === 0) return bytes
    // Most replicas are nearly up to date.
    const lag = random.chance(0.2) ? random.span(0, f.staleMs) : random.span(0, f.staleMs / 50)
    if ((written.get(nameOf(key)) ?? 0) + lag <= time.now()) return bytes
    count('stale')
    return null
  }
  const log: Log = {
    put: (key, bytes, o) =>
      request(
        'log.put',
        async () => {
          const there = await ports.log.put(key, bytes, o)
          if (there === null) written.set(nameOf(key), time.now())
          return there
        },
        true,
      ),
    get: (key, o) => request('log.get', async () => stale(key, o, await ports.log.get(key, o)), false),
    getMany: (keys, o) => request('log.getMany', () => readParts(keys, o), false),
    newest: (name): Promise<LogItem | null> => request('log.newest', () => ports.log.newest(name), false),
  }
  /** Many items are not read at one instant: what is written meanwhile may be in one part and not in another. */
  const readParts = async (keys: readonly LogKey[], o: Consistency): Promise<readonly (Uint8Array | null)[]> => {
    const cut = keys.length > 1 ? random.int(keys.length) : 0
    const first = cut === 0 ? [] : await ports.log.getMany(keys.slice(0, cut), o)
    const f = faults()
    if (cut > 0) await time.sleep(random.span(0, f.latencyMs) + (f.pause > 0 && random.chance(0.1) ? random.span(1_000, 20_000) : 0))
    const all = [...first, ...(await ports.log.getMany(keys.slice(cut), o))]
    return all.map((bytes, i) => stale(keys[i] ?? { log: '', n: 0 }, o, bytes))
  }
  const progress: Progress = {
    get: (batch): Promise<ProgressItem | null> => request('progress.get', () => ports.progress.get(batch), false),
    add: (batch, update: ProgressUpdate) => request('progress.add', () => ports.progress.add(batch, update), update.ifAtMs === undefined),
  }
  const objects: Objects = {
    put: (key, bytes) => request('objects.put', () => ports.objects.put(key, bytes), true),
    get: (key, range?: ByteRange) => request('objects.get', () => (range === undefined ? ports.objects.get(key) : ports.objects.get(key, range)), false),
    copy: (from, to) => request('objects.copy', () => ports.objects.copy(from, to), true),
    list: (prefix): Promise<readonly ObjectInfo[]> => request('objects.list', () => ports.objects.list(prefix), false),
    delete: (keys) => request('objects.delete', () => ports.objects.delete(keys), true),
  }
  const messages: Messages = { send: (message: Message, delayMs) => request('messages.send', () => ports.messages.send(message, delayMs), true) }
  const { shards } = ports
  const lists: { readonly shards?: Shards } =
    shards === undefined ? {} : { shards: { list: (stream) => request('shards.list', () => shards.list(stream), false) } }
  return { ports: { log, progress, objects, messages, clock: ports.clock, ...lists }, isDead: () => dead }
}
