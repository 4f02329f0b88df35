import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { serializeMessage } from '../lambda/message-json.ts'
import type { Message, Messages } from '../runtime/ports/messages.ts'

/** SQS's limit; what lies later is the minute rule's. */
const MAX_DELAY_SECONDS = 900

export interface QueueUrls {
  readonly ticks: string
  /** Left out where no stage has several partitions: no task is ever sent there. */
  readonly tasks: string | undefined
}

/** Messages through two queues; delays are whole seconds there, never shorter than asked for. */
export class SqsMessages implements Messages {
  readonly #client: SQSClient
  readonly #queues: QueueUrls

  constructor(client: SQSClient, queues: QueueUrls) {
    this.#client = client
    this.#queues = queues
  }

  async send(message: Message, delayMs: number): Promise<void> {
    const { ticks, tasks = ticks } = this.#queues
    const delay = Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(delayMs / 1000)))
    await this.#client.send(
      new SendMessageCommand({ QueueUrl: message.kind === 'tick' ? ticks : tasks, MessageBody: serializeMessage(message), DelaySeconds: delay }),
    )
  }
}
