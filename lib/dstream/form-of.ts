import type { Formed } from './keyed-options.ts'

/** Returns what of the options says which form values have: a parameter of the node, and what must not change while state exists. */
export function formOf(options: Formed | undefined): { readonly form?: string } {
  return options?.form === undefined ? {} : { form: options.form }
}
