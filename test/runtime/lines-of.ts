import type { Engine } from './engine.ts'

/** Returns the lines of all parts of all batches of an output, in the order of their names. */
export async function linesOf(engine: Engine, prefix: string): Promise<readonly string[]> {
  const parts = (await engine.ports.objects.list(`${prefix}-`)).filter((o) => o.key.includes('part-'))
  return (await Promise.all(parts.map((o) => engine.text(o.key)))).join('').split('\n').filter(Boolean)
}
