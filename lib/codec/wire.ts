import { types } from 'node:util'

/** Values nest at most this deep: also what finds a value that holds itself. */
export const MAX_VALUE_DEPTH = 100

/** What a value is that MessagePack cannot tell by itself: an array `[undefined, what, ...]`. A user's own undefined is written so too, so nothing else starts like this. */
const UNDEFINED = 0
const NEGATIVE_ZERO = 1
const BIGINT = 2
const DATE = 3
const MAP = 4
const SET = 5
const UTF16 = 6
const OBJECT = 7

/** Thrown without a path, which only explainRefusal looks for: the way without errors keeps no paths. */
export class Refusal extends Error {}

/** Turns values into what MessagePack holds. `special`: something was written that fromWire must read. */
export class WireWriter {
  special = false

  /** Returns the value itself where nothing in it is special. Throws Refusal. */
  write(value: unknown, depth = 0): unknown {
    switch (typeof value) {
      case 'string':
        return value.isWellFormed() ? value : this.#special(UTF16, Buffer.from(value, 'utf16le'))
      case 'number':
        return value === 0 && Object.is(value, -0) ? this.#special(NEGATIVE_ZERO) : value
      case 'boolean':
        return value
      case 'undefined':
        return this.#special(UNDEFINED)
      case 'bigint':
        return this.#special(BIGINT, value < 0n ? `-${(-value).toString(16)}` : value.toString(16))
      case 'object':
        if (value === null) return null
        if (depth >= MAX_VALUE_DEPTH) throw new Refusal()
        if (Array.isArray(value)) return this.#array(value, depth)
        return isPlainObject(value) ? this.#object(value, depth) : this.#instance(value, depth)
      default:
        throw new Refusal()
    }
  }

  #special(...parts: readonly unknown[]): unknown {
    this.special = true
    return [undefined, ...parts]
  }

  #array(value: readonly unknown[], depth: number): readonly unknown[] {
    if (!isPlainArray(value)) throw new Refusal()
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      const part = value[i]
      if (part === undefined && !(i in value)) throw new Refusal()
      const wire = this.write(part, depth + 1)
      if (copy !== undefined) copy.push(wire)
      else if (wire !== part) copy = [...value.slice(0, i), wire]
    }
    return copy ?? value
  }

  #object(value: Readonly<Record<string, unknown>>, depth: number): unknown {
    const names = Object.keys(value)
    const parts = names.map((name) => this.write(value[name], depth + 1))
    if (names.some(isAwkwardName)) return this.#special(OBJECT, this.write(names, depth), parts)
    if (parts.every((part, i) => part === value[names[i] as string])) return value
    return Object.fromEntries(names.map((name, i) => [name, parts[i]]))
  }

  #instance(value: object, depth: number): unknown {
    if (types.isUint8Array(value) && isOwn(value, 'Uint8Array', 'Buffer')) {
      this.special = true // the reader makes a copy, and never a Buffer
      return value
    }
    if (types.isDate(value) && isOwn(value, 'Date')) return this.#special(DATE, value.getTime())
    if (types.isMap(value) && isOwn(value, 'Map'))
      return this.#special(
        MAP,
        Array.from(value).flatMap((pair) => pair.map((part) => this.write(part, depth + 1))),
      )
    if (types.isSet(value) && isOwn(value, 'Set'))
      return this.#special(
        SET,
        Array.from(value, (part) => this.write(part, depth + 1)),
      )
    throw new Refusal()
  }
}

/** Returns whether the object is made by a literal, JSON.parse or Object.create(null), in whichever realm. */
export function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(value))
}

/** Returns whether the array is no instance of a class of the user's. */
export function isPlainArray(value: readonly unknown[]): boolean {
  // Reading the prototype takes ten times as long, and there is one for every row.
  return value.constructor === Array || isOwn(value, 'Array')
}

/** Names that libraries for MessagePack misread, or that it cannot hold: the log can be read by others. */
export function isAwkwardName(name: string): boolean {
  return name === '__proto__' || name === 'constructor' || name === 'toJSON' || !name.isWellFormed()
}

function isOwn(value: object, ...names: readonly string[]): boolean {
  const make: unknown = (Object.getPrototypeOf(value) as { readonly constructor?: unknown } | null)?.constructor
  return typeof make === 'function' && names.includes(make.name)
}

/** Returns the value that was written. Shares no memory with the bytes it came from. */
export function fromWire(wire: unknown): unknown {
  if (typeof wire !== 'object' || wire === null) return wire
  if (types.isUint8Array(wire)) return new Uint8Array(wire)
  if (Array.isArray(wire)) return wire.length > 1 && wire[0] === undefined ? special(wire) : wire.map(fromWire)
  const object = wire as Record<string, unknown>
  for (const name of Object.keys(object)) object[name] = fromWire(object[name])
  return object
}

function special([, what, a, b]: readonly unknown[]): unknown {
  switch (what) {
    case UNDEFINED:
      return undefined
    case NEGATIVE_ZERO:
      return -0
    case BIGINT:
      return parseBigint(a as string)
    case DATE:
      return new Date(a as number)
    case MAP: {
      const parts = (a as readonly unknown[]).map(fromWire)
      return new Map(Array.from({ length: parts.length / 2 }, (_, i) => [parts[2 * i], parts[2 * i + 1]]))
    }
    case SET:
      return new Set((a as readonly unknown[]).map(fromWire))
    case UTF16:
      return Buffer.from(a as Uint8Array).toString('utf16le')
    case OBJECT:
      return awkwardObject(fromWire(a) as readonly string[], (b as readonly unknown[]).map(fromWire))
    default:
      throw new Error(`unknown kind of value ${String(what)}`)
  }
}

function parseBigint(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}

function awkwardObject(names: readonly string[], values: readonly unknown[]): object {
  const object = {}
  // Plain assignment to `__proto__` would set the prototype.
  names.forEach((name, i) => Object.defineProperty(object, name, { value: values[i], enumerable: true, writable: true, configurable: true }))
  return object
}
