/** Returns the value of a field, or of a path such as `meta.ts`, of a JSON object; a field whose own name has dots comes first. */
export function fieldOf(record: Readonly<Record<string, unknown>> | undefined, field: string): unknown {
  if (record === undefined || Object.hasOwn(record, field)) return record?.[field]
  let value: unknown = record
  for (const name of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** Returns the object that a line holds as JSON; undefined: it holds none. */
export function parseRecord(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined // The decoder will say so, and the record goes to the dead letters.
  }
}
