/** Returns what get_json_object gives: a text as it is, anything else as JSON; null when there is nothing, or no JSON. */
export function getJsonObject(json: string, path: string): string | null {
  const steps = stepsOf(path)
  if (steps === null) return null
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return null
  }
  const found = walk(value, steps)
  if (found.length === 0) return null
  const many = steps.includes(null)
  const [only] = found
  if (many && found.length > 1) return JSON.stringify(found)
  if (only === null || only === undefined) return null
  if (typeof only === 'string') return many ? JSON.stringify(only) : only
  return JSON.stringify(only)
}

/** A name, a place in a list, or null: all of a list. */
type Step = string | number | null

/** `$.name`, `$['name']`, `$[0]`, `$[*]`, `$.*`; null: none of these. */
function stepsOf(path: string): readonly Step[] | null {
  if (!path.startsWith('$')) return null
  const steps: Step[] = []
  const pattern = /\.(?<name>[^.[\]]+)|\[(?<index>\d+)\]|\['(?<quoted>[^']*)'\]|(?<any>\[\*\])/y
  pattern.lastIndex = 1
  while (pattern.lastIndex < path.length) {
    const groups = pattern.exec(path)?.groups
    if (groups === undefined) return null
    steps.push(groups['any'] === undefined ? (groups['index'] === undefined ? (groups['name'] ?? groups['quoted'] ?? '') : Number(groups['index'])) : null)
  }
  return steps
}

function walk(value: unknown, steps: readonly Step[]): readonly unknown[] {
  const [step, ...rest] = steps
  if (step === undefined) return [value]
  if (step === null) return Array.isArray(value) ? value.flatMap((element) => walk(element, rest)) : []
  if (typeof step === 'number') return Array.isArray(value) && step < value.length ? walk(value[step], rest) : []
  if (Array.isArray(value)) return []
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? walk((value as Record<string, unknown>)[step], rest) : []
}
