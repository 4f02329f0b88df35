import { MillraceError } from '../../values/errors.ts'
import { OWNER_LOG } from '../entries/log-names.ts'
import type { Log } from '../ports/log.ts'
import type { Owner } from '../runtime.ts'

/** What stands in entry n of the log of owners, for ever: the last is the owner, those before it never are again by themselves. */
interface OwnerEntry {
  readonly owner: string
}

/**
 * Returns once the logs are known to be this owner's: marks them, if nobody has, and takes them over where that is asked for. Throws where they are another's, or were taken over
 * from this one: two stacks with one job name on one table would both count, and each delete what it does not know of.
 */
export async function checkOwner(log: Log, job: string, { id, takeOver }: Owner): Promise<void> {
  for (;;) {
    const newest = await log.newest(OWNER_LOG)
    const owner = newest === null ? null : decode(newest.bytes).owner
    if (owner === id) return
    if (newest !== null && owner !== null) {
      const was = (await ownersBefore(log, newest.n)).includes(id)
      if (was || !takeOver)
        throw new MillraceError(
          'OTHER_OWNER',
          `the logs of job '${job}' in this table are those of stack ${owner}${was ? ', which has taken them over' : ''}; this is ${id}. Give one of the two another name or table; where that stack is gone, take its job over: ${was ? '' : "takeOver: true in the StreamingJob's props, or "}millrace adopt ${job}`,
        )
    }
    await putOwner(log, (newest?.n ?? -1) + 1, id)
  }
}

/** Makes it the owner, whoever was before. Returns who that was. */
export async function adopt(log: Log, id: string): Promise<string | null> {
  for (;;) {
    const newest = await log.newest(OWNER_LOG)
    const before = newest === null ? null : decode(newest.bytes).owner
    if (before === id || (await putOwner(log, (newest?.n ?? -1) + 1, id))) return before
  }
}

/** Whether it was put: somebody else may have been first. */
async function putOwner(log: Log, n: number, owner: string): Promise<boolean> {
  return (await log.put({ log: OWNER_LOG, n }, Buffer.from(JSON.stringify({ owner } satisfies OwnerEntry)), { expiresAtMs: null })) === null
}

async function ownersBefore(log: Log, n: number): Promise<readonly string[]> {
  const found = await log.getMany(
    Array.from({ length: n }, (_, i) => ({ log: OWNER_LOG, n: i })),
    { consistent: true },
  )
  return found.flatMap((bytes) => (bytes === null ? [] : [decode(bytes).owner]))
}

function decode(bytes: Uint8Array): OwnerEntry {
  return JSON.parse(Buffer.from(bytes).toString()) as OwnerEntry
}
