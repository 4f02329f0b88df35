import type { BatchEntry, Block, InputEntry, Output, ReceiverEntry, Row, TaskEntry } from './entry.ts'

/** What may have named fields: the four kinds of entries, and what lists in them hold. */
interface Holders {
  readonly receiver: ReceiverEntry
  readonly input: InputEntry
  readonly batch: BatchEntry
  readonly task: TaskEntry
  readonly row: Row
  readonly block: Block
  readonly output: Output
}

const TASK = { figures: 'figures', removed: 'removed', unmoved: 'unmoved!' } as const

/**
 * The fields that came with version 4 or later: property to name on disk. A new one is an optional property in entry.ts, a line here and a fixture.
 * A name that ends in `!` is required: code that does not know it refuses the entry, as it refuses an unknown version. Any other may be ignored: code that does
 * not know it reads the entry as if it were not there. So ask: would code of before do something wrong without it? Names are never used anew for something else.
 * Values are whatever encodeValue takes.
 */
export const NAMED_FIELDS = {
  receiver: { firstTime: 'firstTime', carry: 'carry' },
  input: { ancestors: 'ancestors', source: 'source' },
  batch: {
    closes: 'closes!',
    records: 'records',
    timed: 'timed',
    run: 'run',
    shape: 'shape',
    carries: 'carries!',
    skips: 'skips',
    foreign: 'foreign!',
    removed: 'removed',
    homes: 'homes!',
  },
  // Receive reads none of them.
  task: (import.meta.inReceive ? undefined : TASK) as typeof TASK,
  row: { holds: 'holds!', after: 'after!', carry: 'carry', source: 'source' },
  block: { parts: 'parts!' },
  output: { file: 'file!' },
} as const

type Holder = keyof Holders
type Property<H extends Holder> = keyof (typeof NAMED_FIELDS)[H]

/** Fields that a newer release has written and that this one must know to read on. */
export class UnknownField extends Error {}

type OnDisk = Readonly<Record<string, unknown>>

/**
 * Returns the named fields as they are written, behind those by position: nothing, or one object. `more`: what is left of a value without the fields by
 * position; a property that is neither does not compile.
 */
export function named<H extends Holder, M extends object>(
  holder: H,
  more: M & (Exclude<keyof M, Property<H>> extends never ? M : never),
): readonly [] | readonly [OnDisk] {
  let found: Record<string, unknown> | undefined
  for (const [property, value] of Object.entries(more)) {
    if (value === undefined) continue
    const names: Readonly<Record<string, string>> = NAMED_FIELDS[holder]
    const name = names[property]
    if (name === undefined) throw new Error(`'${property}' is no field of a ${holder}`)
    found ??= {}
    found[name] = value
  }
  return found === undefined ? [] : [found]
}

const NONE = {}
const properties = new Map<Holder, ReadonlyMap<string, string>>()

/** Returns the properties that stand in the named fields; those that may be ignored and are not known are left out. Throws UnknownField. */
export function propertiesOf<H extends Holder>(holder: H, fields: unknown): Partial<Pick<Holders[H], Property<H> & keyof Holders[H]>> {
  if (fields === undefined || fields === null) return NONE
  let known = properties.get(holder)
  if (known === undefined) properties.set(holder, (known = new Map(Object.entries(NAMED_FIELDS[holder]).map(([property, name]) => [name, property]))))
  const found: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields as OnDisk)) {
    const property = known.get(name)
    if (property !== undefined) found[property] = value
    else if (name.endsWith('!')) throw new UnknownField(`it has the field '${name}' (of a ${holder}), without which it must not be read`)
  }
  return found as Partial<Pick<Holders[H], Property<H> & keyof Holders[H]>>
}
