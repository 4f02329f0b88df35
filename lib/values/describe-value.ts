/** Longest text that an error message quotes of a value. */
const MAX_QUOTED = 80

/** Returns a value as an error message names it: short, on one line, and never throwing, whatever the value is. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(value.length > MAX_QUOTED ? `${value.slice(0, MAX_QUOTED)}...` : value)}`
    case 'number':
      return `the number ${Object.is(value, -0) ? '-0' : value}`
    case 'bigint':
      return `the bigint ${cut(`${value}n`)}`
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'symbol':
      return cut(String(value))
    case 'function':
      return value.name === '' ? 'a function' : `the function ${cut(value.name)}`
    case 'object':
      return value === null ? 'null' : describeObject(value)
    default:
      return typeof value
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  let prototype: unknown
  try {
    prototype = Object.getPrototypeOf(value)
  } catch {
    return 'an object' // a proxy may refuse
  }
  if (prototype === null || prototype === Object.prototype) return 'an object'
  const make: unknown = (prototype as { readonly constructor?: unknown }).constructor
  return typeof make === 'function' && make.name !== '' ? `a ${cut(make.name)}` : 'an object'
}

function cut(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text
}
