import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient, SQSServiceException } from '@aws-sdk/client-sqs'
import type { Send } from './outgoing.ts'
import { MillraceError } from '../values/errors.ts'
import { CLIENT_OPTIONS } from './client-options.ts'
import { messageGroup } from './message-group.ts'

/** Returns what sends to a queue, by name or URL. */
export async function sqsSender(who: string, queue: string): Promise<Send> {
  const client = new SQSClient(CLIENT_OPTIONS)
  const failed = (cause: unknown): never => {
    if (!(cause instanceof SQSServiceException)) throw cause
    throw new MillraceError(
      'STORE_FAILED',
      `${who}: SQS says ${cause.name} (${cause.message}); the queue must be there, and the run function needs sqs:SendMessage and sqs:GetQueueUrl: queue.grantSendMessages(job)`,
      { cause },
    )
  }
  const url = /^https?:/.test(queue) ? queue : ((await client.send(new GetQueueUrlCommand({ QueueName: queue })).catch(failed)).QueueUrl ?? queue)
  const fifo = url.endsWith('.fifo')
  return async (messages, abortSignal) => {
    const { Failed = [] } = await client
      .send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: messages.map(({ id, order, body }) => ({
            Id: id,
            MessageBody: String(body),
            ...(fifo
              ? { MessageDeduplicationId: id, MessageGroupId: messageGroup(order) }
              : { MessageAttributes: { millrace_id: { DataType: 'String', StringValue: id } } }),
          })),
        }),
        { abortSignal },
      )
      .catch(failed)
    return Failed.map(({ Id = '', Code, Message, SenderFault }) => ({ id: Id, why: `${Code} (${Message ?? ''})`, forever: SenderFault === true }))
  }
}
