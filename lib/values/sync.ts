/** A user function must not be asynchronous: a Promise is never a record. The message is the type. */
export type Sync<U> =
  U extends PromiseLike<unknown> ? { readonly 'millrace: an operator cannot return a Promise; use a static table, or foreachRDD': never } : unknown
