import { MillraceError } from '../../values/errors.ts'
import type { EmbeddedOptions } from '../embedded-options.ts'
import type { OpenInputs } from './open-sources.ts'
import { fieldOf, parseRecord } from './field-of.ts'

/**
 * Throws USAGE where the lines that files begin with (some 256 KB of each) have nothing in a field that an option names: a misspelt name would otherwise
 * give every line a key of its own, or let all records arrive at once. A standard input is not looked at: it comes only once.
 */
export async function checkFields(inputs: OpenInputs, { keyField, timeField }: Pick<EmbeddedOptions, 'keyField' | 'timeField'>): Promise<void> {
  if (keyField === undefined && timeField === undefined) return
  const records: (Readonly<Record<string, unknown>> | undefined)[] = []
  for (const input of inputs.values()) {
    if ('stdin' in input) return
    for await (const lines of input.lines()) {
      records.push(...lines.map(parseRecord))
      break
    }
  }
  if (records.length === 0) return
  if (keyField !== undefined && !records.some((record) => fieldOf(record, keyField) !== undefined))
    throw new MillraceError('USAGE', `--key ${keyField}: no line that the input begins with is a JSON object with that field${fieldsOf(records)}`)
  if (timeField !== undefined && !records.some((record) => fieldOf(record, timeField) !== undefined))
    throw new MillraceError('USAGE', `--time ${timeField}: no line that the input begins with is a JSON object with that field${fieldsOf(records)}`)
}

function fieldsOf(records: readonly (Readonly<Record<string, unknown>> | undefined)[]): string {
  const first = records.find((record) => record !== undefined)
  return first === undefined || Array.isArray(first) ? '' : `; the first has ${Object.keys(first).slice(0, 20).join(', ')}`
}
