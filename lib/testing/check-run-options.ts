import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Batches, Faults, RunBatchesOptions } from './run-options.ts'

const MAX_SHARDS = 1000
const OPTIONS = ['shards', 'numPartitions', 'seed', 'faults', 'thenSilence'] satisfies (keyof RunBatchesOptions)[]
const FAULTS = ['duplicateDelivery', 'timeoutAfterCommit', 'staleCache'] satisfies (keyof Faults)[]

/** Throws BAD_VALUE for batches and options that runBatches cannot work with. numPartitions is left to the planner, which has its rule. */
export function checkRunOptions(job: string, streams: readonly string[], batches: Batches, options: RunBatchesOptions): void {
  for (const [stream, list] of Object.entries(batches) as readonly (readonly [string, unknown])[]) {
    if (!streams.includes(stream))
      throw bad(`got batches for stream '${stream}', which job '${job}' does not read; it reads ${streams.map((name) => `'${name}'`).join(', ')}`)
    const wrong = Array.isArray(list) ? list.findIndex((batch) => !Array.isArray(batch)) : 0
    if (!Array.isArray(list) || wrong >= 0)
      throw bad(
        `got ${describeValue(Array.isArray(list) ? list[wrong] : list)} ${Array.isArray(list) ? `as batch ${wrong}` : 'as the batches'} of stream '${stream}'; it takes a list of batches, each a list of records: { ${stream}: [['a', 'b'], [], ['c']] }`,
      )
  }
  names('option', OPTIONS, options)
  names('fault', FAULTS, options.faults ?? {})
  const { shards = 1, seed = 0, thenSilence } = options as { readonly [name: string]: unknown }
  if (!isWhole(shards) || shards < 1 || shards > MAX_SHARDS)
    throw bad(`got shards: ${describeValue(shards)}; it must be a whole number from 1 to ${MAX_SHARDS}`)
  if (!isWhole(seed)) throw bad(`got seed: ${describeValue(seed)}; it must be a whole number`)
  if (thenSilence !== undefined && !(typeof thenSilence === 'object' && thenSilence !== null && 'milliseconds' in thenSilence))
    throw bad(`got thenSilence: ${describeValue(thenSilence)}; it must be a Duration, for example minutes(2)`)
  for (const [name, probability] of Object.entries(options.faults ?? {}) as readonly (readonly [string, unknown])[])
    if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
      throw bad(`got the fault ${name}: ${describeValue(probability)}; it must be a probability from 0 to 1`)
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

function names(what: string, known: readonly string[], given: object): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) throw bad(`got the ${what} '${unknown}'; it knows ${known.join(', ')}`)
}

function bad(what: string): MillraceError {
  return new MillraceError('BAD_VALUE', `runBatches ${what}`)
}
