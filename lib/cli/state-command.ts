import { StateReader } from '../query/state-reader.ts'
import { assertKey, keyToString, type Key } from '../values/key.ts'
import { MillraceError } from '../values/errors.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { parseOptions } from './parse-options.ts'
import { withSource } from './query-source.ts'

const OPTIONS = { ...AWS_OPTIONS, state: { type: 'string' }, key: { type: 'string' } } as const

const HELP = `Shows one key of an operator's state, as it is after the newest batch of its partition. It only reads.

  --key KEY              a text as it is, or JSON: 5, "5", true, null, ["a",1]
  --state DIR            a run of millrace run, in place of a job on AWS; it may be running
${AWS_HELP}`

export const stateCommand: CommandBody = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parseOptions('state', args, OPTIONS)
    const [job, uid, extra] = positionals
    if (job === undefined || uid === undefined || extra !== undefined)
      throw new MillraceError('USAGE', 'state needs a job, an operator and a key: millrace state word-count counts --key error')
    if (values.key === undefined)
      throw new MillraceError('USAGE', `state needs a key: millrace state ${job} ${uid} --key error; millrace query ${job} shows them all`)
    const key = keyOf(values.key)
    return withSource('state', job, values, async (source) => {
      const reader = new StateReader(job, source)
      const place = await reader.placeOf(uid)
      const { value, partition, batch, bucket, tail } = await reader.get(uid, key, place)
      if (values.json === true)
        stdout.write(
          `${JSON.stringify({ key, value: value ?? null, found: value !== undefined, stage: place.stage, partition, batch, bucket: bucket ?? null, tail }, plain)}\n`,
        )
      else {
        stdout.write(`${value === undefined ? `${keyToString(key)} has no state` : JSON.stringify(value, plain)}\n`)
        stdout.write(
          `${place.stage}, partition ${partition} of ${place.partitions}, after batch ${batch}; ${bucket === undefined ? 'no bucket read' : `bucket ${bucket}`}, ${tail} ${tail === 1 ? 'entry' : 'entries'} since the snapshot\n`,
        )
      }
      return 0
    })
  },
}

/** JSON where it is a key, else the text itself. */
function keyOf(text: string): Key {
  let value: unknown = text
  try {
    value = JSON.parse(text)
    assertKey(value, '--key')
    return value
  } catch {
    return text
  }
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)]
  return value instanceof Set ? [...(value as ReadonlySet<unknown>)] : value
}
