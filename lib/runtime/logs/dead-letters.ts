import { compress, decodeValue, decompress, encodeValue } from '../../codec/rows.ts'
import { MillraceError } from '../../values/errors.ts'
import type { DeadLetter } from '../../plan/compute.ts'
import type { DeadLetterRef } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import { DEAD_PREFIX, objectName } from '../entries/log-names.ts'
import type { LogKey } from '../ports/log.ts'
import type { Objects } from '../ports/objects.ts'

/** Puts the dead letters of an entry into an object, before the entry that names it. Objects that no entry names are those of attempts that lost. */
export async function putDeadLetters(run: Invocation, key: LogKey, id: string, letters: readonly DeadLetter[]): Promise<DeadLetterRef | null> {
  if (letters.length === 0) return null
  const object = objectName(DEAD_PREFIX, run.plan.name, key, id)
  await run.ports.objects.put(object, compress(encodeValue(letters)))
  count(run, 'objectPuts')
  count(run, 'deadLetters', letters.length)
  return { key: object, count: letters.length }
}

/** Returns the dead letters that an entry names. */
export async function readDeadLetters(objects: Objects, ref: DeadLetterRef): Promise<readonly DeadLetter[]> {
  const bytes = await objects.get(ref.key)
  if (bytes === null)
    throw new MillraceError(
      'MISSING_ENTRY',
      `object ${ref.key}, which holds ${ref.count} dead letters that a log entry names, does not exist: somebody has deleted it`,
    )
  return decodeValue(decompress(bytes)) as readonly DeadLetter[]
}
