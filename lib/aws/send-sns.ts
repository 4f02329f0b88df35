import { PublishBatchCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns'
import type { Send } from './outgoing.ts'
import { MillraceError } from '../values/errors.ts'
import { CLIENT_OPTIONS } from './client-options.ts'
import { messageGroup } from './message-group.ts'

/** Returns what publishes to a topic, by its ARN. */
export function snsSender(who: string, topic: string): Send {
  const client = new SNSClient(CLIENT_OPTIONS)
  const fifo = topic.endsWith('.fifo')
  return async (messages, abortSignal) => {
    const { Failed = [] } = await client
      .send(
        new PublishBatchCommand({
          TopicArn: topic,
          PublishBatchRequestEntries: messages.map(({ id, order, body }) => ({
            Id: id,
            Message: String(body),
            ...(fifo
              ? { MessageDeduplicationId: id, MessageGroupId: messageGroup(order) }
              : { MessageAttributes: { millrace_id: { DataType: 'String', StringValue: id } } }),
          })),
        }),
        { abortSignal },
      )
      .catch((cause: unknown) => {
        if (!(cause instanceof SNSServiceException)) throw cause
        throw new MillraceError(
          'STORE_FAILED',
          `${who}: SNS says ${cause.name} (${cause.message}); the topic must be there, and the run function needs sns:Publish: topic.grantPublish(job)`,
          { cause },
        )
      })
    return Failed.map(({ Id = '', Code, Message, SenderFault }) => ({ id: Id, why: `${Code} (${Message ?? ''})`, forever: SenderFault === true }))
  }
}
