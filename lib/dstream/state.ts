import { MillraceError } from '../values/errors.ts'

/** The state of one key while its function runs. */
export interface State<S> {
  exists(): boolean
  /** Throws when there is none. */
  get(): S
  getOption(): S | undefined
  /** An error after `remove`, and while timing out. */
  update(state: S): void
  /** An error after `remove`, and while timing out. */
  remove(): void
  /** The key has been idle for longer than the time-out: its state goes when the function returns. */
  isTimingOut(): boolean
  /** The state as text; `<state not set>` when there is none. */
  toString(): string
}

type Phase = 'data' | 'timing out' | 'over'

/** Spark's StateImpl: one object, wound up anew for every call of the user's function. */
export class KeyState<S> implements State<S> {
  #phase: Phase = 'over'
  #state: S | undefined
  #exists = false
  #updated = false
  #removed = false

  get updated(): boolean {
    return this.#updated
  }

  get removed(): boolean {
    return this.#removed
  }

  /** Before the function is called. `exists`: a state may not be undefined, but `held` is when there is none. */
  open(phase: 'data' | 'timing out', held: S | undefined): void {
    this.#phase = phase
    this.#state = held
    this.#exists = held !== undefined
    this.#updated = false
    this.#removed = false
  }

  /** After it returned: a function that keeps the object may not change another key's state with it. */
  close(): void {
    this.#phase = 'over'
  }

  exists(): boolean {
    return this.#exists
  }

  get(): S {
    if (!this.#exists)
      throw new MillraceError('BAD_VALUE', 'State is not set: state.get() was called for a key without state; ask exists() before, or use getOption()')
    return this.#state as S
  }

  getOption(): S | undefined {
    return this.#state
  }

  update(state: S): void {
    this.#mayChange('update')
    if (state === undefined)
      throw new MillraceError('BAD_VALUE', 'state.update(undefined): undefined means "no state"; call remove() to forget it, or use null')
    this.#state = state
    this.#exists = true
    this.#updated = true
  }

  remove(): void {
    this.#mayChange('remove')
    this.#state = undefined
    this.#exists = false
    this.#updated = false
    this.#removed = true
  }

  isTimingOut(): boolean {
    return this.#phase === 'timing out'
  }

  toString(): string {
    return this.#exists ? String(this.#state) : '<state not set>'
  }

  #mayChange(what: 'update' | 'remove'): void {
    if (this.#removed)
      throw new MillraceError('BAD_VALUE', `Cannot ${what} the state after it has been removed: one call of the function may remove it once, at its end`)
    if (this.#phase === 'timing out')
      throw new MillraceError(
        'BAD_VALUE',
        `Cannot ${what} the state that is timing out: it is removed when the function returns; emit what is left of it instead`,
      )
    if (this.#phase === 'over')
      throw new MillraceError('BAD_VALUE', `Cannot ${what} a state after the function has returned: keep its value, not the State object`)
  }
}
