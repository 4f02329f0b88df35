import { checkPipeline } from './dstream-vectors.ts'
import {
  checkFileContents,
  checkFileRecovery,
  checkFiles,
  checkGlob,
  checkHandler,
  checkKills,
  checkQueue,
  checkReshard,
  checkWordState,
} from './input-vectors.ts'
import { checkMl } from './ml-vectors.ts'
import { checkUnit } from './unit-vectors.ts'
import type { Vector } from './vector.ts'
import { differenceOf, notApplicable } from './verdicts.ts'

export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly why: string }
  | { readonly kind: 'differs' | 'not applicable'; readonly why: string }

type Check = (vector: Vector, seed: number) => string | undefined | Promise<string | undefined>

/** Scenarios, by operation. */
const SCENARIOS: Readonly<Record<string, Check>> = {
  buildWithMessageHandler: checkHandler,
  resharding: checkReshard,
  'fileStream glob dir/*/': checkGlob,
  'textFileStream glob': checkGlob,
  'file stream + reduceByWindow recovery': checkFileRecovery,
  'repeated random driver kills': checkKills,
  'updateStateByKey + getOrCreate across 4 runs': checkWordState,
}

const BY_KIND: Readonly<Record<string, Check>> = {
  dstream: checkPipeline,
  dstreamMulti: checkPipeline,
  mapWithState: checkPipeline,
  recovery: checkPipeline,
  quirk: checkPipeline,
  ml: checkMl,
  unit: checkUnit,
  fileStream: checkFiles,
  inputStream: (vector) => (vector.operation === 'queueStream' ? checkQueue(vector) : checkFileContents(vector)),
}

/** Runs one vector. */
export async function checkVector(vector: Vector, seed: number): Promise<Verdict> {
  const away = notApplicable(vector)
  if (away !== undefined) return { kind: 'not applicable', why: away }
  const check = SCENARIOS[vector.operation] ?? BY_KIND[vector.kind]
  if (check === undefined) return { kind: 'fail', why: `no runner for the kind '${vector.kind}' and the operation '${vector.operation}'` }
  const wrong = await runCheck(check, vector, seed)
  if (wrong === undefined) return { kind: 'pass' }
  const difference = differenceOf(vector)
  if (difference === undefined) return { kind: 'fail', why: wrong }
  const rest = difference.orderOnly ? await runCheck(check, { ...vector, compare: 'set' }, seed) : undefined
  return rest === undefined ? { kind: 'differs', why: difference.why } : { kind: 'fail', why: `more than the order differs: ${rest}` }
}

async function runCheck(check: Check, vector: Vector, seed: number): Promise<string | undefined> {
  try {
    return await check(vector, seed)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}
