/** Standard Schema v1 (zod, valibot, arktype), structurally: any of these libraries' schemas fits, and none is imported. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => unknown
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}
