import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'

/** Takes messages out of a queue until there are so many, and then whether there are more. */
export async function drain(queues: SQSClient, url: string, atLeast: number): Promise<readonly Message[]> {
  const all: Message[] = []
  for (let empty = 0; empty < (all.length < atLeast ? 20 : 2);) {
    const { Messages = [] } = await queues.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    )
    empty = Messages.length === 0 ? empty + 1 : 0
    all.push(...Messages)
    if (Messages.length > 0)
      await queues.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: Messages.map(({ ReceiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle })) }))
  }
  return all
}
