import { inspect } from 'node:util'
import { alignColumns } from './align-columns.ts'
import { letterJson, type LetterGroup, type NamedLetter } from './read-letters.ts'

const HEX_LINE = 32
/** Bytes that a terminal shows of a record. */
const MAX_HEX = 2048

/** Returns the groups as a table. */
export function formatGroups(job: string, groups: readonly LetterGroup[]): readonly string[] {
  if (groups.length === 0) return [`${job} has no dead letters`]
  const all = groups.reduce((sum, { count }) => sum + count, 0)
  const rows = groups.map(({ count, newestMs, operator, error, place, id }) => [
    String(count),
    new Date(newestMs).toISOString(),
    operator,
    `${oneLine(error)}${place === null ? '' : ` (${place})`}`,
    id,
  ])
  return [
    ...alignColumns([['count', 'newest', 'operator', 'error', 'id of the newest'], ...rows], new Set([0])),
    `${all} dead ${all === 1 ? 'letter' : 'letters'}; one of them whole: millrace dead ${job} ID`,
  ]
}

/** Returns one letter, whole. */
export function formatLetter(named: NamedLetter): readonly string[] {
  const { id, letter } = named
  const { operator, time, error, record, row, blocks } = letter
  const { text } = letterJson(named)
  const lines = [`id         ${id}`, `operator   ${operator}`, `batch      ${new Date(time).toISOString()}`]
  if (record !== undefined) {
    const { stream, shard, sequenceNumber, index, partitionKey, arrivalMs, data } = record
    lines.push(
      `record     ${stream}/${shard} ${sequenceNumber}${index === 0 ? '' : `, record ${index} of its aggregate`}${record.row === undefined ? '' : `, row ${record.row}`}`,
    )
    lines.push(`arrived    ${new Date(arrivalMs).toISOString()}, partition key ${JSON.stringify(partitionKey)}`)
    if (typeof text === 'string') lines.push(`text       ${text}`)
    const hex = Buffer.from(data).subarray(0, MAX_HEX)
    for (let at = 0; at < hex.length; at += HEX_LINE) lines.push(`${at === 0 ? 'hex' : ''}`.padEnd(11) + hex.subarray(at, at + HEX_LINE).toString('hex'))
    if (data.length > MAX_HEX) lines.push(`           ... ${data.length - MAX_HEX} bytes more (--json has all)`)
  }
  if (row !== undefined) lines.push(`row        ${inspect('key' in row ? [row.key, row.value] : row.value, { depth: 10, breakLength: Infinity })}`)
  if (blocks !== undefined)
    lines.push(`rows       ${blocks.reduce((sum, block) => sum + block.rows, 0)} that the task could not hold, in ${blocks.length} blocks`)
  return [
    ...lines,
    ...(error.stack === '' ? `${error.name}: ${error.message}` : error.stack).split('\n').map((line, i) => `${i === 0 ? 'error' : ''}`.padEnd(11) + line),
  ]
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 120 ? `${line.slice(0, 120)}...` : line
}
