import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

/** Directories by the batch time, in UTC. */
export type Layout = 'hour' | 'day'

/** What a row's directory may be named by: null and '' are Hive's default partition. */
export type PartitionValue = string | number | bigint | boolean | null
export type PartitionBy = (row: unknown) => Readonly<Record<string, PartitionValue>>

/** Hive's name of null. */
const DEFAULT_PARTITION = '__HIVE_DEFAULT_PARTITION__'
/** Of a value, as it stands in the name of a directory: file systems take 255 with the column's. */
const MAX_VALUE_BYTES = 200
const MAX_NAME_BYTES = 50
/** Of all values together: S3 takes 1,024 bytes with the prefix and the file's name. */
const MAX_PATH_BYTES = 600
// FileUtils.charToEscape of Hive, and NUL.
// oxlint-disable-next-line no-control-regex -- they are what is escaped
const ESCAPED = /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g

/** Returns the name of a batch's file in a table's folder: `dt=2026-11-27/hour=05/country=de/<TIME>-<partition>.<suffix>`. `folder`: what follows dt and hour, '' or ending in '/'. */
export function tableFile({
  layout,
  folder,
  time,
  partition,
  suffix,
}: {
  readonly layout: Layout | undefined
  readonly folder: string
  readonly time: number
  readonly partition: number
  readonly suffix: string
}): string {
  const at = new Date(time).toISOString()
  const dt = layout === undefined ? '' : `dt=${at.slice(0, 10)}/${layout === 'hour' ? `hour=${at.slice(11, 13)}/` : ''}`
  return `${dt}${folder}${time}-${String(partition).padStart(5, '0')}.${suffix}`
}

/** Returns the name of the object that lists the files of a batch, and says that they are all. */
export function batchFile(prefix: string, time: number): string {
  return `${prefix}/_batches/${time}.json`
}

/** Returns the directories of a row's partition, each ending in '/'. Throws BAD_VALUE for what cannot be one. */
export function partitionFolder(values: unknown): string {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw bad(`returned ${describeValue(values)}; it returns an object of names and values, such as { country: 'de' }`)
  let folder = ''
  for (const [name, value] of Object.entries(values)) {
    if (name === '' || !name.isWellFormed() || Buffer.byteLength(escape(name)) > MAX_NAME_BYTES)
      throw bad(`named a directory ${describeValue(name)}; a name is a text of 1 to ${MAX_NAME_BYTES} bytes`)
    folder += `${escape(name)}=${valueOf(name, value)}/`
  }
  if (folder === '') throw bad('returned no names; it returns an object of names and values, such as { country: "de" }')
  if (Buffer.byteLength(folder) > MAX_PATH_BYTES)
    throw bad(`makes directories of ${Buffer.byteLength(folder)} bytes; at most ${MAX_PATH_BYTES} fit into a name`)
  return folder
}

function valueOf(name: string, value: unknown): string {
  if (value === null || value === '') return DEFAULT_PARTITION
  const finite = typeof value === 'number' && Number.isFinite(value)
  if (!finite && typeof value !== 'string' && typeof value !== 'bigint' && typeof value !== 'boolean')
    throw bad(`gave '${name}' ${describeValue(value)}; a value is a string, finite number, bigint, boolean or null`)
  const text = String(value)
  if (text === DEFAULT_PARTITION) throw bad(`gave '${name}' ${describeValue(value)}, which readers take for null: map it to another text`)
  if (!text.isWellFormed()) throw bad(`gave '${name}' ${describeValue(value)}, with a lone surrogate: use value.toWellFormed()`)
  const escaped = escape(text)
  if (Buffer.byteLength(escaped) > MAX_VALUE_BYTES)
    throw bad(
      `gave '${name}' ${describeValue(value)}, ${Buffer.byteLength(escaped)} bytes as the name of a directory; at most ${MAX_VALUE_BYTES} fit: shorten it, or take a hash`,
    )
  return escaped
}

function escape(text: string): string {
  return text.replace(ESCAPED, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

function bad(what: string): MillraceError {
  return new MillraceError('BAD_VALUE', `partitionBy ${what}`)
}
