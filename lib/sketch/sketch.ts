import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

/**
 * What every sketch offers: the three functions of combineByKey over a state of bounded size, so that it is built on the map side, merged behind the shuffle and kept in panes.
 * `mergeValue` changes in place what `create` or `mergeValue` returned, and nothing else: a state, a row, what `mergeCombiners` or `settle` returned are copied first. `mergeCombiners` changes nothing.
 */
export interface Sketch<in V, S> {
  /** Its name in messages. */
  readonly name: string
  /** What states must have in common to be merged. A deploy with others under the same uid is refused. */
  readonly parameters?: string
  /** Throws BAD_VALUE for a value that it cannot take. */
  readonly check: (value: V) => void
  readonly create: (value: V) => S
  readonly mergeValue: (sketch: S, value: V) => S
  readonly mergeCombiners: (a: S, b: S) => S
  /** Returns the state in the form that is said to be the same for the same values: what mergeCombiners returns is so already. What it returns is never changed in place. */
  readonly settle: (sketch: S) => S
}

/** V8 keeps arrays of up to so many bytes in its own heap: they are copied faster than anything is looked up about them. */
export const SMALL_BYTES = 64

/** The states that this process is building up: they may be changed in place. */
export class Building<S extends object> {
  readonly #mine = new WeakSet<S>()

  add(state: S): S {
    this.#mine.add(state)
    return state
  }

  has(state: S): boolean {
    return this.#mine.has(state)
  }

  /** From now on it belongs to somebody else, and is copied before it is changed. */
  release(state: S): S {
    this.#mine.delete(state)
    return state
  }
}

/** Throws unless a parameter is a number in a range (bounds included). */
export function checkNumber(name: string, what: string, value: unknown, range: { readonly from: number; readonly to: number; readonly whole?: boolean }): void {
  if (typeof value === 'number' && value >= range.from && value <= range.to && (range.whole !== true || Number.isInteger(value))) return
  throw new MillraceError(
    'BAD_PROGRAM',
    `${name}: ${what} is ${describeValue(value)}; it must be a ${range.whole === true ? 'whole ' : ''}number from ${range.from} to ${range.to}`,
  )
}

/** First byte of a sketch's bytes: which kind it is. */
export const KINDS = { hyperLogLog: 0xe1, ddSketch: 0xe2, bloomFilter: 0xe3, countMinSketch: 0xe4 } as const

/** Throws BAD_VALUE unless these are the bytes of a sketch with this header. `parameters` says in words what the header holds. */
export function checkHeader(name: string, bytes: unknown, header: Uint8Array, parameters: string): void {
  if (!(bytes instanceof Uint8Array) || bytes.length < header.length)
    throw new MillraceError(
      'BAD_VALUE',
      `${name} got ${describeValue(bytes)} as a sketch; it takes the bytes of a ${name}, as its create, mergeValue and mergeCombiners return them`,
    )
  for (let i = 0; i < header.length; i++) {
    if (bytes[i] === header[i]) continue
    const kind = Object.entries(KINDS).find(([, code]) => code === bytes[0])?.[0]
    const other = i > 0 ? `a ${name} with other parameters` : kind === undefined ? 'no sketch' : `a ${kind}`
    throw new MillraceError(
      'BAD_VALUE',
      `${name} got the bytes of ${other}; only sketches of one kind and with the same parameters (${parameters}) can be read and merged`,
    )
  }
}
