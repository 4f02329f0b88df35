/** What rows of random programs are (no bigint in fact: JSON has none). Whatever holds no undefined may be a key. */
export type Value = string | number | boolean | bigint | null | undefined | readonly Value[]
export type ValuePair = readonly [key: Value, value: Value]
export type Rows = readonly Value[]

/** The type of a stream's rows: number, string, anything (no key), list, pair. In the pattern of a function T, K and V stand for any type, K for one of keys. */
export type Type = 'number' | 'string' | 'any' | 'T' | 'K' | 'V' | { readonly list: Type } | { readonly pair: readonly [Type, Type] }

export const pairOf = (key: Type, value: Type): Type => ({ pair: [key, value] })
export const listOf = (of: Type): Type => ({ list: of })

export function isPairs(type: Type): type is { readonly pair: readonly [Type, Type] } {
  return typeof type === 'object' && 'pair' in type
}

export function mayBeKey(type: Type): boolean {
  if (typeof type === 'string') return type === 'number' || type === 'string'
  return 'pair' in type ? type.pair.every(mayBeKey) : mayBeKey(type.list)
}

type Bound = Readonly<Record<string, Type>>

/** Returns what T, K and V are where the type fits the pattern; else undefined. */
export function fit(pattern: Type, type: Type, bound: Bound = {}): Bound | undefined {
  if (pattern === 'T' || pattern === 'K' || pattern === 'V') {
    const other = bound[pattern] !== undefined && JSON.stringify(bound[pattern]) !== JSON.stringify(type)
    return other || (pattern === 'K' && !mayBeKey(type)) ? undefined : { ...bound, [pattern]: type }
  }
  if (typeof pattern === 'string' || typeof type === 'string') return pattern === type ? bound : undefined
  if ('list' in pattern) return 'list' in type ? fit(pattern.list, type.list, bound) : undefined
  if (!('pair' in type)) return undefined
  const first = fit(pattern.pair[0], type.pair[0], bound)
  return first === undefined ? undefined : fit(pattern.pair[1], type.pair[1], first)
}

export function fill(pattern: Type, bound: Bound): Type {
  if (typeof pattern === 'string') return bound[pattern] ?? pattern
  return 'list' in pattern ? { list: fill(pattern.list, bound) } : { pair: [fill(pattern.pair[0], bound), fill(pattern.pair[1], bound)] }
}

/** A value as text: equal texts, equal values. Also its line in a JSON file: there undefined within a list is null. */
export const textOf = (value: Value): string => JSON.stringify(value) ?? 'undefined'
const byText = (a: Value, b: Value): number => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0)
/** In the order of the texts: lists whose order nobody promises become comparable. */
export const sorted = (values: Iterable<Value>): Rows => [...values].sort(byText)
/** By size or, of strings, by code unit. */
export const inOrder = (values: Iterable<Value>): Rows =>
  [...values].sort((a, b) => ((a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0))
export const distinct = (values: Rows): Rows => [...new Map(values.map((value) => [textOf(value), value])).values()]

/** A map whose keys are compared by their texts. */
export class Dict<V> {
  readonly #entries = new Map<string, readonly [Value, V]>()

  constructor(entries: readonly (readonly [Value, V])[] = []) {
    for (const [key, value] of entries) this.set(key, value)
  }

  get(key: Value): V | undefined {
    return this.#entries.get(textOf(key))?.[1]
  }
  has(key: Value): boolean {
    return this.#entries.has(textOf(key))
  }
  set(key: Value, value: V): this {
    this.#entries.set(textOf(key), [key, value])
    return this
  }
  delete(key: Value): void {
    this.#entries.delete(textOf(key))
  }
  keys(): Rows {
    return [...this.#entries.values()].map(([key]) => key)
  }
  entries(): readonly (readonly [Value, V])[] {
    return [...this.#entries.values()]
  }
}

/** Each key's values. */
export function group(pairs: Rows): Dict<readonly Value[]> {
  const groups = new Dict<Value[]>()
  for (const [key, value] of pairs as readonly ValuePair[]) {
    const list = groups.get(key)
    if (list === undefined) groups.set(key, [value])
    else list.push(value)
  }
  return groups
}
