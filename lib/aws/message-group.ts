import { createHash } from 'node:crypto'

/** What SQS and SNS take: letters, digits and punctuation, up to 128. */
const GROUP = /^[!-~]{1,128}$/

/** Returns the message group of a FIFO queue or topic for a key: the key itself where it may be one, else its hash; '-' where there is none. */
export function messageGroup(key: string | undefined): string {
  if (key === undefined) return '-'
  return GROUP.test(key) ? key : createHash('sha256').update(key).digest('hex')
}
