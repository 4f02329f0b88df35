import { MillraceError } from '../../values/errors.ts'
import { decodeEntry, encodeEntry } from '../entries/entry-codec.ts'
import type { Entry } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import type { LogKey } from '../ports/log.ts'

type Kind = Entry['kind']
type Of<K extends Kind> = Extract<Entry, { readonly kind: K }>

/** What a put came to: one's own entry, or that of who was first. */
export interface Decided<K extends Kind> {
  readonly mine: boolean
  readonly entry: Of<K>
}

const nameOf = ({ log, n }: LogKey): string => `${log}#${n}`

/** Stops before anything is committed when a newer deploy has written. */
export function obey<E extends Entry>(run: Invocation, entry: E): E {
  if (entry.deploy > run.deploy)
    throw new MillraceError(
      'NEWER_DEPLOY',
      `deploy ${entry.deploy} has written already and this is deploy ${run.deploy}: it stops, the retry lands on the new one`,
    )
  return entry
}

function decode<K extends Kind>(run: Invocation, kind: K, key: LogKey, bytes: Uint8Array): Of<K> {
  const entry = decodeEntry(bytes, `entry ${nameOf(key)}`)
  if (entry.kind !== kind)
    throw new MillraceError('CORRUPT_ENTRY', `entry ${nameOf(key)} is of kind '${entry.kind}' and must be '${kind}': something else has written there`)
  run.memory.entries.set(nameOf(key), entry, bytes.length, run.now())
  return entry as Of<K>
}

/** Puts an entry unless there is one; adopts the one that is there. One's own of an earlier try counts as put. */
export async function decide<K extends Kind>(run: Invocation, key: LogKey, entry: Of<K>, options: { readonly forever?: boolean } = {}): Promise<Decided<K>> {
  const bytes = encodeEntry(entry)
  count(run, 'writeUnits', Math.ceil(bytes.length / 1024))
  const there = await run.ports.log.put(key, bytes, { expiresAtMs: options.forever === true ? null : run.now() + run.settings.retentionMs })
  if (there === null) {
    run.memory.entries.set(nameOf(key), entry, bytes.length, run.now())
    return { mine: true, entry }
  }
  const winner = decode(run, entry.kind, key, there)
  return { mine: winner.id === entry.id, entry: winner }
}

/** Returns the entry if there is one. */
export async function find<K extends Kind>(run: Invocation, kind: K, key: LogKey, options: { readonly consistent: boolean }): Promise<Of<K> | null> {
  const bytes = await run.ports.log.get(key, options)
  return bytes === null ? null : decode(run, kind, key, bytes)
}

/** Returns entries that are known to exist, in order: remembered, else read eventually consistent, else strongly, else an error that stops. */
export async function must<K extends Kind>(run: Invocation, kind: K, keys: readonly LogKey[]): Promise<readonly Of<K>[]> {
  const found = new Map<string, Of<K>>()
  let missing: readonly LogKey[] = keys.filter((key) => {
    const known = run.memory.entries.get(nameOf(key), run.now())
    if (known?.kind === kind) found.set(nameOf(key), known as Of<K>)
    return known?.kind !== kind
  })
  for (const consistent of [false, true]) {
    if (missing.length === 0) break
    const bytes = await run.ports.log.getMany(missing, { consistent })
    missing = missing.filter((key, i) => {
      const item = bytes[i]
      if (item === null || item === undefined) return true
      found.set(nameOf(key), decode(run, kind, key, item))
      return false
    })
  }
  const [lost] = missing
  if (lost !== undefined)
    throw new MillraceError(
      'MISSING_ENTRY',
      `entry ${nameOf(lost)} must exist and does not (${missing.length} of ${keys.length} asked for): it has expired or was deleted. Nothing is committed; restore the table to a point in time, or start the job under another name`,
    )
  return keys.map((key) => found.get(nameOf(key)) as Of<K>)
}

/** A log that is read on from `from`; up to `known` its entries must exist. */
export interface ReadOn {
  readonly log: string
  readonly from: number
  readonly known?: number
}

export interface ReadOnOptions<E extends Entry> {
  readonly consistent: boolean
  /** How many entries to ask for at first, beyond those that must exist. */
  readonly ahead: number
  /** Whether what was found of one log will do. */
  readonly enough?: (index: number, found: readonly E[]) => boolean
}

/** Entries that are asked for in one go, per log: perhaps there, and in all. */
const MAX_AHEAD = 16
const MAX_AT_ONCE = 32

/** Returns, for each log, its entries from there on until one is missing or there are enough: remembered ones (an entry never changes), then read ones. */
export async function readOn<K extends Kind>(
  run: Invocation,
  kind: K,
  logs: readonly ReadOn[],
  options: ReadOnOptions<Of<K>>,
): Promise<readonly (readonly Of<K>[])[]> {
  const results = logs.map((): Of<K>[] => [])
  const enough = (i: number): boolean => options.enough?.(i, results[i] ?? []) === true
  const keyOf = (i: number, j: number): LogKey => ({ log: logs[i]?.log ?? '', n: (logs[i]?.from ?? 0) + (results[i]?.length ?? 0) + j })
  const remembered = (key: LogKey): Of<K> | undefined => {
    const entry = run.memory.entries.get(nameOf(key), run.now())
    return entry?.kind === kind ? (entry as Of<K>) : undefined
  }
  let open = logs.map((_, i) => i)
  for (let ahead = Math.max(1, options.ahead); ; ahead = Math.min(ahead * 2, MAX_AHEAD)) {
    open = open.filter((i) => {
      for (let entry; !enough(i) && (entry = remembered(keyOf(i, 0))) !== undefined;) results[i]?.push(entry)
      return !enough(i)
    })
    if (open.length === 0) return results
    const asked = open.map((i) => {
      const expected = Math.max(0, (logs[i]?.known ?? -1) - keyOf(i, 0).n + 1)
      return Array.from({ length: Math.min(expected + ahead, MAX_AT_ONCE) }, (_, j) => keyOf(i, j))
    })
    const bytes = await run.ports.log.getMany(asked.flat(), { consistent: options.consistent })
    let slot = 0
    const still: number[] = []
    for (const [o, i] of open.entries()) {
      const keys = asked[o] ?? []
      const items = bytes.slice(slot, (slot += keys.length))
      let more = true
      for (const [j, key] of keys.entries()) {
        const item = items[j] ?? null
        if (item !== null) results[i]?.push(decode(run, kind, key, item))
        // What must exist and was not found is read once more, strongly.
        else if (key.n <= (logs[i]?.known ?? -1)) results[i]?.push(...(await must(run, kind, [key])))
        else more = false
        if (!more) break
      }
      if (more) still.push(i)
    }
    open = still
  }
}
