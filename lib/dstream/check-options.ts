import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import type { Distribution } from './node.ts'

/** A plan has no more tasks than this in a stage: the progress item of a batch names each. */
const MAX_PARTITIONS = 64
/** A uid is part of log and object names. */
const UID = /^[\w.-]{1,64}$/

/** Returns the uid of an operator's options; throws when it cannot be one. */
export function uidOf(options: Named | undefined, operator: string): string | undefined {
  const uid: unknown = options?.uid
  if (!import.meta.inReceive && uid !== undefined && (typeof uid !== 'string' || !UID.test(uid)))
    throw new MillraceError(
      'BAD_PROGRAM',
      `${operator}: its uid is ${describeValue(uid)}; it must be 1 to 64 letters, digits, '_', '-' or '.', for example 'counts'`,
    )
  return uid as string | undefined
}

/** Returns the distribution of a keyed operator; throws when its number of partitions cannot be one. */
export function byKey(options: Shuffle | undefined, operator: string): Distribution {
  const numPartitions = options?.numPartitions
  if (numPartitions !== undefined) checkPartitions(numPartitions, operator)
  return { kind: 'key', numPartitions }
}

/** Throws unless it is a number of partitions. */
export function checkPartitions(numPartitions: unknown, operator: string): void {
  // The program that receive runs has been planned before it was deployed.
  if (
    !import.meta.inReceive &&
    !(typeof numPartitions === 'number' && Number.isInteger(numPartitions) && numPartitions >= 1 && numPartitions <= MAX_PARTITIONS)
  ) {
    throw new MillraceError(
      'BAD_PROGRAM',
      `${operator}: numPartitions is ${describeValue(numPartitions)}; it must be a whole number from 1 to ${MAX_PARTITIONS}`,
    )
  }
}
