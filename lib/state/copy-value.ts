/** Returns a copy that shares nothing mutable with the value. A user's function may change what it is given in place; committed state must not notice. */
export function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) copy[i] = copyValue(value[i])
    return copy
  }
  if (value instanceof Date) return new Date(value.getTime())
  // Not slice(): a Buffer's shares its memory.
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof Map) return new Map(Array.from(value, ([k, v]) => [copyValue(k), copyValue(v)]))
  if (value instanceof Set) return new Set(Array.from(value, copyValue))
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const part = copyValue((value as Record<string, unknown>)[name])
    // Plain assignment to `__proto__` would set the prototype.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: part, enumerable: true, writable: true, configurable: true })
    else copy[name] = part
  }
  return copy
}
