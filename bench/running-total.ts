import type { State } from 'millrace'

/** Keeps a total per key: a mapping for mapWithState, which puts out the key and its total. */
export function runningTotal(key: string, n: number | undefined, state: State<number>): readonly [string, number] {
  state.update((state.getOption() ?? 0) + (n ?? 0))
  return [key, state.get()]
}
