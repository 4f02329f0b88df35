// The entry millrace/kafka, name by name.
export { kafkaTopic, type KafkaTopicOptions } from './kafka-topic.ts'
