import { Duration, aws_sqs as sqs } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { DEAD_LETTER_RETENTION_SECONDS, MAX_RECEIVE_COUNT, MESSAGE_RETENTION_SECONDS, VISIBILITY_SECONDS } from './limits.ts'

/** A queue into the run function, and where messages go whose processes died. */
export interface JobQueue {
  readonly queue: sqs.Queue
  readonly deadLetters: sqs.Queue
}

/** Returns a queue and its dead-letter queue. Encrypted by SQS itself: a key of the user's would have to let EventBridge use it, and messages carry numbers and names only. */
export function makeQueue(scope: Construct, id: 'Ticks' | 'Tasks'): JobQueue {
  const common = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true }
  const deadLetters = new sqs.Queue(scope, `${id}DeadLetters`, { ...common, retentionPeriod: Duration.seconds(DEAD_LETTER_RETENTION_SECONDS) })
  const queue = new sqs.Queue(scope, id, {
    ...common,
    visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
    retentionPeriod: Duration.seconds(MESSAGE_RETENTION_SECONDS),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
  })
  return { queue, deadLetters }
}
