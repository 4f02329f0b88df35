import type { ColumnType } from './columns.ts'

/** What a row's columns are: a pair has `key` and `value` (of an object value its fields beside `key`), an object its fields, any other row `value`. */
export type Fields<T> = 0 extends 1 & T
  ? Readonly<Record<string, T>>
  : T extends readonly [infer K, infer V]
    ? V extends Plain
      ? { readonly key: K } & { readonly [N in Exclude<keyof V, 'key'>]: V[N] }
      : { readonly key: K; readonly value: V }
    : T extends Plain
      ? T
      : unknown extends T
        ? Readonly<Record<string, unknown>>
        : { readonly value: T }

/** Not an array, a Map, a Set, bytes or a Date, which are objects to TypeScript and values to us. */
type Plain = object & { readonly [Symbol.iterator]?: never; readonly getTime?: never }

/** What a column may be declared as that holds such values; null is allowed in every column. */
export type TypesFor<V> = 0 extends 1 & V
  ? ColumnType
  : unknown extends V
    ? ColumnType
    : [NonNullable<V>] extends [never]
      ? undefined extends V
        ? never
        : ColumnType
      : undefined extends V
        ? never
        : [NonNullable<V>] extends [string]
          ? 'text' | 'json'
          : [NonNullable<V>] extends [number]
            ? 'integer' | 'real' | 'timestamp' | 'json'
            : [NonNullable<V>] extends [bigint]
              ? 'integer'
              : [NonNullable<V>] extends [number | bigint]
                ? 'integer'
                : [NonNullable<V>] extends [boolean]
                  ? 'boolean' | 'json'
                  : [NonNullable<V>] extends [Date]
                    ? 'timestamp'
                    : [NonNullable<V>] extends [Date | number]
                      ? 'timestamp'
                      : [NonNullable<V>] extends [Uint8Array]
                        ? 'blob'
                        : 'json'

/** The columns that rows of this type may be declared to have; any choice of them. A field that may be undefined is none: make it null. */
export type ColumnsOf<T> = { readonly [N in keyof Fields<T> & string]?: TypesFor<Fields<T>[N]> }

/** `columns` where they fit rows of this type; else what would. */
export type Fitting<T, C> = { readonly [N in keyof C]: N extends keyof Fields<T> ? TypesFor<Fields<T>[N]> : never }
