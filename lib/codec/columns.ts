import { fromWire, isAwkwardName, isPlainArray, isPlainObject, WireWriter } from './wire.ts'

/** How the values of one column are written: `[kind, ...]`. */
export const PLAIN = 0 // values
const WIRE = 1 // values, to be read by fromWire
export const INTS = 2 // bytes per value (1, 2 or 4, signed), bytes
export const FLOATS = 3 // bytes, 8 per value
export const SAME = 4 // count, value
export const TUPLES = 5 // count, a column for every place
export const OBJECTS = 6 // count, names, a column for every name
const LISTS = 7 // column of lengths, column of all elements

export type Column = readonly [kind: number, ...parts: unknown[]]

/** Fewer values than this are not worth a form of their own. */
const MIN_COLUMN = 4
/** So many rows may be said without a byte for each. Beyond it every row takes one: damaged bytes must not ask for all memory. */
const MAX_COUNTED = 1 << 24
/** Columns in columns: a list of objects of tuples is as deep as it is worth. */
const MAX_COLUMN_DEPTH = 4

/** Returns the values as a column: values of one shape side by side, so that they pack and compress well. Throws Refusal. */
export function toColumn(values: readonly unknown[], depth = 0): Column {
  return (values.length >= MIN_COLUMN && depth < MAX_COLUMN_DEPTH ? shaped(values, depth) : undefined) ?? plain(values)
}

function plain(values: readonly unknown[]): Column {
  const writer = new WireWriter()
  const wire = values.map((value) => writer.write(value))
  return [writer.special ? WIRE : PLAIN, wire]
}

function shaped(values: readonly unknown[], depth: number): Column | undefined {
  const first = values[0]
  if (typeof first === 'number') return numbers(values)
  if (typeof first === 'string') return same(values) ?? strings(values)
  if (typeof first === 'boolean' || first === null) return same(values)
  if (Array.isArray(first)) return arrays(values as readonly (readonly unknown[])[], first.length, depth)
  if (typeof first === 'object' && isPlainObject(first)) return objects(values, Object.keys(first), depth)
  return undefined
}

function same(values: readonly unknown[]): Column | undefined {
  const first = values[0]
  if (values.length > MAX_COUNTED || (typeof first === 'string' && !first.isWellFormed())) return undefined
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return undefined
  return [SAME, values.length, first]
}

/** The usual keys: MessagePack takes them as they are. */
function strings(values: readonly unknown[]): Column | undefined {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'string' || !value.isWellFormed()) return undefined
  }
  return [PLAIN, values]
}

function numbers(values: readonly unknown[]): Column | undefined {
  // Small integers are compared as such: doubles (an infinity to start from) would make this twice as slow.
  let min = 0x7fffffff
  let max = -0x80000000
  let whole = true
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'number') return undefined
    if ((value | 0) !== value || (value === 0 && Object.is(value, -0))) {
      whole = false
      continue
    }
    if (value < min) min = value
    if (value > max) max = value
  }
  const all = values as readonly number[]
  if (!whole) return [FLOATS, bytesOf(new Float64Array(all))]
  if (min === max && all.length <= MAX_COUNTED) return [SAME, all.length, min]
  if (min >= -0x80 && max < 0x80) return [INTS, 1, bytesOf(new Int8Array(all))]
  if (min >= -0x8000 && max < 0x8000) return [INTS, 2, bytesOf(new Int16Array(all))]
  return [INTS, 4, bytesOf(new Int32Array(all))]
}

function bytesOf(array: Int8Array | Int16Array | Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** `length`: that of the first. Whether the others are arrays is still to be seen. */
function arrays(values: readonly (readonly unknown[])[], length: number, depth: number): Column | undefined {
  let alike = true
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as readonly unknown[]
    if (!Array.isArray(value) || !isPlainArray(value)) return undefined
    if (value.length !== length) alike = false
  }
  if (alike) {
    if (length === 0 && values.length > MAX_COUNTED) return undefined
    const places: Column[] = []
    for (let place = 0; place < length; place++) {
      const column = pick(values, place)
      if (column === undefined) return undefined
      places.push(toColumn(column, depth + 1))
    }
    return [TUPLES, values.length, ...places]
  }
  const elements: unknown[] = []
  for (const value of values) {
    for (let i = 0; i < value.length; i++) {
      if (value[i] === undefined && !(i in value)) return undefined
      elements.push(value[i])
    }
  }
  return [
    LISTS,
    toColumn(
      values.map((value) => value.length),
      depth + 1,
    ),
    toColumn(elements, depth + 1),
  ]
}

function pick(values: readonly (readonly unknown[])[], place: number): readonly unknown[] | undefined {
  const column = new Array<unknown>(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as readonly unknown[]
    const part = value[place]
    if (part === undefined && !(place in value)) return undefined // a hole: the plain form refuses it
    column[i] = part
  }
  return column
}

function objects(values: readonly unknown[], names: readonly string[], depth: number): Column | undefined {
  if (names.length === 0 || names.some(isAwkwardName)) return undefined
  for (const value of values) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlainObject(value)) return undefined
    const own = Object.keys(value)
    if (own.length !== names.length) return undefined
    for (let i = 0; i < own.length; i++) if (own[i] !== names[i]) return undefined
  }
  const all = values as readonly Readonly<Record<string, unknown>>[]
  return [
    OBJECTS,
    values.length,
    names,
    ...names.map((name) =>
      toColumn(
        all.map((value) => value[name]),
        depth + 1,
      ),
    ),
  ]
}

/** Returns the values of a column. Shares no memory with the bytes it came from. */
export function fromColumn(column: Column): unknown[] {
  const [kind, a, b, ...rest] = column
  switch (kind) {
    case PLAIN:
      return a as unknown[]
    case WIRE:
      return (a as readonly unknown[]).map(fromWire)
    case INTS:
      return Array.from(typedInts(a as number, copied(b as Uint8Array)))
    case FLOATS:
      return Array.from(new Float64Array(copied(a as Uint8Array)))
    case SAME:
      return new Array<unknown>(counted(a)).fill(b)
    case TUPLES: {
      const places = (b === undefined ? [] : [b, ...rest]).map((place) => fromColumn(place as Column))
      return tuples(sameLength(a, places), places)
    }
    case OBJECTS: {
      const places = rest.map((place) => fromColumn(place as Column))
      return records(sameLength(a, places), b as readonly string[], places)
    }
    case LISTS:
      return lists(fromColumn(a as Column) as readonly number[], fromColumn(b as Column))
    default:
      throw new Error(`unknown kind of column ${String(kind)}`)
  }
}

/** Returns the count of a column of which nothing else tells how long it is. */
function counted(count: unknown): number {
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 && count <= MAX_COUNTED) return count
  throw new Error(`a column of ${String(count)} rows`)
}

function sameLength(count: unknown, places: readonly (readonly unknown[])[]): number {
  if (places.length === 0) return counted(count)
  for (const place of places) if (place.length !== count) throw new Error(`a column of ${String(count)} rows with ${place.length} values`)
  return count as number
}

/** Typed arrays want their own, aligned memory. Little-endian, as every machine that Node runs on. */
export function copied(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** Returns the integers of 1, 2 or 4 bytes that the memory holds. */
export function typedInts(width: number, memory: ArrayBuffer): Int8Array | Int16Array | Int32Array {
  return width === 1 ? new Int8Array(memory) : width === 2 ? new Int16Array(memory) : new Int32Array(memory)
}

function tuples(count: number, places: readonly (readonly unknown[])[]): unknown[] {
  const rows = new Array<unknown>(count)
  const [keys, values] = places
  if (places.length === 2 && keys !== undefined && values !== undefined) for (let i = 0; i < count; i++) rows[i] = [keys[i], values[i]]
  else for (let i = 0; i < count; i++) rows[i] = places.map((place) => place[i])
  return rows
}

function records(count: number, names: readonly string[], places: readonly (readonly unknown[])[]): unknown[] {
  const rows = new Array<unknown>(count)
  for (let i = 0; i < count; i++) {
    const row: Record<string, unknown> = {}
    for (let j = 0; j < names.length; j++) row[names[j] as string] = places[j]?.[i]
    rows[i] = row
  }
  return rows
}

function lists(lengths: readonly number[], elements: readonly unknown[]): unknown[] {
  let at = 0
  const rows = lengths.map((length) => elements.slice(at, (at += length)))
  if (at !== elements.length) throw new Error(`lists of ${at} elements with ${elements.length}`)
  return rows
}
