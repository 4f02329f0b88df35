import { defineJob, seconds, text } from 'millrace'
import { postgres, secret } from 'millrace/postgres'
import { dynamoView, eventBridge, http, kinesis, sns, sqs } from 'millrace/sinks'

export default defineJob({ name: 'to-many-sinks', batchInterval: seconds(10) }, (ssc) => {
  const lines = ssc.kinesisStream('lines', text())
  const counts = lines.countByValue()
  counts.saveTo(dynamoView({ table: 'counts', columns: { key: 'text', value: 'integer' } }))
  counts.saveTo(dynamoView({ table: 'arn:aws:dynamodb:eu-west-1:123456789012:table/elsewhere', columns: { key: 'text', value: 'integer' } }))
  counts.saveTo(postgres({ connection: secret('shop/db'), table: 'sums', columns: { key: 'text', value: 'integer' } }))
  lines.saveTo(sqs({ queue: 'lines' }))
  lines.saveTo(sqs({ queue: 'https://sqs.eu-west-1.amazonaws.com/123456789012/others' }))
  lines.saveTo(sqs({ queue: { env: 'QUEUE_URL' }, name: 'by-variable' }))
  lines.saveTo(sns({ topic: 'arn:aws:sns:eu-west-1:123456789012:topic' }))
  lines.saveTo(eventBridge({ bus: 'shop', source: 'shop', detailType: 'Line' }))
  lines.saveTo(kinesis({ stream: 'copies' }))
  lines.saveTo(http({ url: 'https://example.com/lines', name: 'hook' }))
})
