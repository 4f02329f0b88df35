import { FLOATS, fromColumn, INTS, OBJECTS, PLAIN, SAME, toColumn, TUPLES, typedInts, copied, type Column } from './columns.ts'

type Numbers = Int8Array | Int16Array | Int32Array | Float64Array

/** The values of a column that are made when they are asked for: a number takes the bytes it has in the column, and a tuple of numbers no object. */
export interface LazyColumn {
  readonly length: number
  /** Returns a value. Objects that are kept as they are come out shared: who hands them on copies them. */
  at(index: number): unknown
  /** What it is written as; undefined: that is made when it is written. */
  readonly column: Column | undefined
  /** Whether values are kept as objects. */
  readonly holdsObjects: boolean
}

class ArrayColumn implements LazyColumn {
  readonly column: Column | undefined
  readonly #values: readonly unknown[]

  constructor(values: readonly unknown[], column: Column | undefined) {
    this.#values = values
    this.column = column
  }

  get length(): number {
    return this.#values.length
  }

  get holdsObjects(): boolean {
    // They are mostly alike, and this is for an estimate.
    return typeof this.#values[0] === 'object' && this.#values[0] !== null
  }

  at(index: number): unknown {
    return this.#values[index]
  }
}

class NumberColumn implements LazyColumn {
  readonly holdsObjects = false
  readonly numbers: Numbers

  constructor(numbers: Numbers) {
    this.numbers = numbers
  }

  get length(): number {
    return this.numbers.length
  }

  get column(): Column {
    const { numbers } = this
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
    return numbers instanceof Float64Array ? [FLOATS, bytes] : [INTS, numbers.BYTES_PER_ELEMENT, bytes]
  }

  at(index: number): unknown {
    return this.numbers[index]
  }
}

class SameColumn implements LazyColumn {
  readonly holdsObjects = false
  readonly length: number
  readonly value: unknown

  constructor(length: number, value: unknown) {
    this.length = length
    this.value = value
  }

  get column(): Column {
    return [SAME, this.length, this.value]
  }

  at(): unknown {
    return this.value
  }
}

class TupleColumn implements LazyColumn {
  readonly length: number
  readonly places: readonly LazyColumn[]

  constructor(length: number, places: readonly LazyColumn[]) {
    this.length = length
    this.places = places
  }

  get holdsObjects(): boolean {
    return this.places.some((place) => place.holdsObjects)
  }

  get column(): Column {
    return [TUPLES, this.length, ...this.places.map(columnOf)]
  }

  at(index: number): unknown {
    const { places } = this
    const [first, second] = places
    if (places.length === 2 && first !== undefined && second !== undefined) return [first.at(index), second.at(index)]
    return places.map((place) => place.at(index))
  }
}

class ObjectColumn implements LazyColumn {
  readonly length: number
  readonly names: readonly string[]
  readonly places: readonly LazyColumn[]

  constructor(length: number, names: readonly string[], places: readonly LazyColumn[]) {
    this.length = length
    this.names = names
    this.places = places
  }

  get holdsObjects(): boolean {
    return this.places.some((place) => place.holdsObjects)
  }

  get column(): Column {
    return [OBJECTS, this.length, this.names, ...this.places.map(columnOf)]
  }

  at(index: number): unknown {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < this.names.length; i++) object[this.names[i] as string] = this.places[i]?.at(index)
    return object
  }
}

/** Returns the column that a lazy one is written as. */
export function columnOf(lazy: LazyColumn): Column {
  return lazy.column ?? toColumn(valuesOf(lazy), NESTED)
}

/** Keys and values of pairs are columns within a column. */
const NESTED = 1

/** Returns the values as a lazy column. Throws Refusal. */
export function lazyColumn(values: readonly unknown[]): LazyColumn {
  const column = toColumn(values, NESTED)
  return isOpen(column) ? openColumn(column) : new ArrayColumn(values, undefined)
}

/** Whether each value can be had from the column by itself. */
function isOpen([kind, ...parts]: Column): boolean {
  if (kind !== TUPLES && kind !== OBJECTS) return kind === PLAIN || kind === INTS || kind === FLOATS || kind === SAME
  return parts.slice(kind === TUPLES ? 1 : 2).every((part) => isOpen(part as Column))
}

/** Returns the values of a column. Shares no memory with bytes that were unpacked. Throws Error where the column is damaged. */
export function openColumn(column: Column): LazyColumn {
  const [kind, a, b, ...rest] = column
  switch (kind) {
    case PLAIN:
      return new ArrayColumn(a as readonly unknown[], column)
    case INTS:
      return new NumberColumn(typedInts(a as number, memoryOf(b as Uint8Array)))
    case FLOATS:
      return new NumberColumn(new Float64Array(memoryOf(a as Uint8Array)))
    case SAME:
      return new SameColumn(fromColumn([SAME, a, b]).length, b)
    case TUPLES:
    case OBJECTS: {
      const parts = (kind === OBJECTS ? rest : b === undefined ? [] : [b, ...rest]) as readonly Column[]
      const places = parts.map((part) => openColumn(part))
      if (places.length === 0 || places.some(({ length }) => length !== a)) return new ArrayColumn(fromColumn(column), undefined)
      return kind === TUPLES ? new TupleColumn(a as number, places) : new ObjectColumn(a as number, b as readonly string[], places)
    }
    default:
      return new ArrayColumn(fromColumn(column), undefined)
  }
}

/** Typed arrays want their own, aligned memory: what was just made has it, what was read has not. */
function memoryOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer ? bytes.buffer : copied(bytes)
}

/** Returns all of its values. */
export function valuesOf(lazy: LazyColumn): unknown[] {
  return Array.from({ length: lazy.length }, (_, i) => lazy.at(i))
}

/** Returns a column of `length` values, `fresh` at these indexes and the old ones elsewhere. Numbers are copied as bytes, and no value is made where both have the same shape. Throws Refusal. */
export function replaced(old: LazyColumn, length: number, indexes: readonly number[], fresh: LazyColumn): LazyColumn {
  if (old instanceof TupleColumn && fresh instanceof TupleColumn && old.places.length === fresh.places.length)
    return new TupleColumn(length, replacedPlaces(old, length, indexes, fresh))
  if (
    old instanceof ObjectColumn &&
    fresh instanceof ObjectColumn &&
    old.names.length === fresh.names.length &&
    old.names.every((n, i) => n === fresh.names[i])
  )
    return new ObjectColumn(length, old.names, replacedPlaces(old, length, indexes, fresh))
  if (old instanceof SameColumn && fresh instanceof SameColumn && old.value === fresh.value) return new SameColumn(length, old.value)
  const [numbers, others] = [numbersOf(old), numbersOf(fresh)]
  if (numbers !== undefined && others !== undefined) {
    const all = roomFor(length, numbers, others)
    all.set(numbers)
    for (let i = 0; i < indexes.length; i++) all[indexes[i] as number] = others[i] as number
    return new NumberColumn(all)
  }
  const values = valuesOf(old)
  for (let i = 0; i < indexes.length; i++) values[indexes[i] as number] = fresh.at(i)
  return lazyColumn(values)
}

function replacedPlaces(
  old: { readonly places: readonly LazyColumn[] },
  length: number,
  indexes: readonly number[],
  fresh: { readonly places: readonly LazyColumn[] },
): LazyColumn[] {
  return old.places.map((place, i) => replaced(place, length, indexes, fresh.places[i] as LazyColumn))
}

function numbersOf(lazy: LazyColumn): Numbers | undefined {
  if (lazy instanceof NumberColumn) return lazy.numbers
  return lazy instanceof SameColumn && typeof lazy.value === 'number' ? narrow(lazy.value, lazy.length) : undefined
}

function roomFor(length: number, a: Numbers, b: Numbers): Numbers {
  if (a instanceof Float64Array || b instanceof Float64Array) return new Float64Array(length)
  return typedInts(Math.max(a.BYTES_PER_ELEMENT, b.BYTES_PER_ELEMENT), new ArrayBuffer(length * Math.max(a.BYTES_PER_ELEMENT, b.BYTES_PER_ELEMENT)))
}

/** The number that a column of the same has is whole and of 32 bits. */
function narrow(value: number, length: number): Numbers {
  const bytes = (value << 24) >> 24 === value ? 1 : (value << 16) >> 16 === value ? 2 : 4
  return typedInts(bytes, new ArrayBuffer(length * bytes)).fill(value)
}
