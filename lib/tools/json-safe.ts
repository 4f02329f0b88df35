/** For JSON.stringify: values that JSON has no word for are shown as text. */
export function jsonSafe(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  return value instanceof Map || value instanceof Set ? [...value] : value
}
