// The entry millrace/sinks, name by name.
export { dynamoView, type DynamoViewOptions } from './dynamo-view.ts'
export { eventBridge, type EventBridgeOptions } from './event-bridge.ts'
export { http, type HttpOptions } from './http.ts'
export { kinesis, type KinesisOptions } from './kinesis.ts'
export type { Target } from './messages.ts'
export { sns, type SnsOptions } from './sns.ts'
export { sqs, type SqsOptions } from './sqs.ts'
