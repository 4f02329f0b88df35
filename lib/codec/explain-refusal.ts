import { types } from 'node:util'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { isPlainArray, isPlainObject, MAX_VALUE_DEPTH } from './wire.ts'

const RULE = 'values may be null, undefined, booleans, numbers, bigints, strings, Date, Uint8Array, Map, Set, dense arrays and plain objects of these'

/** Returns the error for a value that cannot be stored: where it is, what it is, the rule and the remedy. Walks the value again, with paths. */
export function explainRefusal(value: unknown, root: string): MillraceError {
  const found = find(value, root, [])
  if (found === undefined) return new MillraceError('BAD_VALUE', `${root} cannot be stored: ${RULE}`)
  return new MillraceError('BAD_VALUE', `${found.path} cannot be stored: it ${found.what}; ${RULE}: ${found.remedy}`)
}

interface Found {
  readonly path: string
  readonly what: string
  readonly remedy: string
}

function find(value: unknown, path: string, above: readonly unknown[]): Found | undefined {
  if (typeof value === 'function') return { path, what: `is ${describeValue(value)}`, remedy: 'store what it returns' }
  if (typeof value === 'symbol') return { path, what: `is the symbol ${describeValue(value)}`, remedy: 'store a string' }
  if (typeof value !== 'object' || value === null) return undefined
  if (above.includes(value)) return { path, what: 'holds itself', remedy: 'store an id instead of the object' }
  if (above.length >= MAX_VALUE_DEPTH) return { path, what: `is nested more than ${MAX_VALUE_DEPTH} deep`, remedy: 'flatten it' }
  const inner = [...above, value]
  if (Array.isArray(value)) {
    if (!isPlainArray(value)) return instance(value, path)
    for (let i = 0; i < value.length; i++) {
      if (!(i in value)) return { path: `${path}[${i}]`, what: 'is a hole in an array', remedy: 'store undefined or null there' }
      const found = find(value[i], `${path}[${i}]`, inner)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (isPlainObject(value))
    return first(Object.keys(value), (name) =>
      find(value[name], /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`, inner),
    )
  const name = (Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } } | null)?.constructor?.name
  if (types.isMap(value) && name === 'Map') {
    return first([...value], ([k, v]) => find(k, `${path}.<key ${describeValue(k)}>`, inner) ?? find(v, `${path}.get(${describeValue(k)})`, inner))
  }
  if (types.isSet(value) && name === 'Set') return first([...value], (part) => find(part, `${path}.<member>`, inner))
  if ((types.isDate(value) && name === 'Date') || (types.isUint8Array(value) && (name === 'Uint8Array' || name === 'Buffer'))) return undefined
  return instance(value, path)
}

function instance(value: object, path: string): Found {
  if (types.isPromise(value) || typeof (value as { readonly then?: unknown }).then === 'function') {
    return { path, what: 'is a promise', remedy: 'an operator cannot await; use a static table, or foreachRDD' }
  }
  const name: unknown = (Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } } | null)?.constructor?.name
  const remedy = ArrayBuffer.isView(value) ? 'store Array.from(it), or its bytes as a Uint8Array' : 'store a plain object with its fields, as in { ...value }'
  return { path, what: `is an instance of ${typeof name === 'string' && name !== '' ? name : 'a class'}`, remedy }
}

function first<T>(parts: readonly T[], look: (part: T) => Found | undefined): Found | undefined {
  for (const part of parts) {
    const found = look(part)
    if (found !== undefined) return found
  }
  return undefined
}
