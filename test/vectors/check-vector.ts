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
import { checkUnit } from './unit-vectors.ts'
import type { Vector } from './vector.ts'
import { DIFFERS, NOT_APPLICABLE } from './verdicts.ts'

export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly why: string }
  | { readonly kind: 'differs' | 'not applicable'; readonly why: string }

type Check = (vector: Vector, seed: number) => string | undefined | Promise<string | undefined>

/** Vectors that are not of one of the kinds below: by id. */
const BY_ID: Readonly<Record<string, Check>> = {
  'kinesis.customHandler': checkHandler,
  'kinesis.reshard': checkReshard,
  'fileStream.wildcard': checkGlob,
  'fileStream.renamedDir': checkGlob,
  'recovery.fileStream': checkFileRecovery,
  'recovery.multipleFailures.map': checkKills,
  'recovery.multipleFailures.state': checkKills,
  'py.getOrCreateWordState': checkWordState,
}

const BY_KIND: Readonly<Record<string, Check>> = {
  dstream: checkPipeline,
  dstreamMulti: checkPipeline,
  mapWithState: checkPipeline,
  recovery: checkPipeline,
  quirk: checkPipeline,
  unit: checkUnit,
  fileStream: checkFiles,
  inputStream: (vector) => (vector.operation === 'queueStream' ? checkQueue(vector) : checkFileContents(vector)),
}

/** Runs one vector. One that is said to differ must differ: else the list is out of date. */
export async function checkVector(vector: Vector, seed: number): Promise<Verdict> {
  const away = NOT_APPLICABLE[vector.id]
  if (away !== undefined) return { kind: 'not applicable', why: away }
  const check = BY_ID[vector.id] ?? BY_KIND[vector.kind]
  const wrong = check === undefined ? `no runner for the kind ${vector.kind}` : await runCheck(check, vector, seed)
  const known = DIFFERS[vector.id]
  if (wrong === undefined)
    return known === undefined ? { kind: 'pass' } : { kind: 'fail', why: `listed as different (${known}), but it passes: take it off the list` }
  if (known === undefined) return { kind: 'fail', why: wrong }
  const rest = known.startsWith('order only') && check !== undefined ? await runCheck(check, { ...vector, compare: 'set' }, seed) : undefined
  return rest === undefined ? { kind: 'differs', why: known } : { kind: 'fail', why: `more than the order differs: ${rest}` }
}

async function runCheck(check: Check, vector: Vector, seed: number): Promise<string | undefined> {
  try {
    return await check(vector, seed)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}
