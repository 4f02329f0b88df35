import { MillraceError } from '../../values/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { ByteRange, ObjectInfo, Objects } from '../../runtime/ports/objects.ts'

/** Objects that remember the newest lines written below `prefix-<TIME_IN_MS>/`, for whoever watches. */
export class ShownOutput implements Objects {
  readonly #objects: Objects
  readonly #prefix: string
  #lines: readonly string[] = []
  #folder = ''

  constructor(objects: Objects, prefix: string) {
    this.#objects = objects
    this.#prefix = `${prefix}-`
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#objects.put(key, bytes)
    const folder = key.slice(0, key.lastIndexOf('/'))
    if (!key.startsWith(this.#prefix) || !key.slice(folder.length).startsWith('/part-')) return
    const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split('\n').slice(0, -1)
    // Parts of one batch belong together.
    this.#lines = folder === this.#folder ? [...this.#lines, ...lines] : lines
    this.#folder = folder
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | null> {
    return this.#objects.get(key, range)
  }

  copy(from: string, to: string): Promise<void> {
    return this.#objects.copy(from, to)
  }

  list(prefix: string): Promise<readonly ObjectInfo[]> {
    return this.#objects.list(prefix)
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#objects.delete(keys)
  }
}

/** Throws USAGE where no output of a plan has the prefix that is to be shown. */
export function checkShown(plan: Plan, prefix: string): void {
  const prefixes = plan.stages.flatMap((stage) => stage.outputs).flatMap(({ output }) => ('prefix' in output ? [output.prefix] : []))
  if (!prefixes.includes(prefix))
    throw new MillraceError(
      'USAGE',
      `--show ${prefix}: job '${plan.name}' has no output of that prefix; ${prefixes.length === 0 ? 'it saves no files' : `it saves ${prefixes.map((one) => `'${one}'`).join(', ')}`}`,
    )
}
