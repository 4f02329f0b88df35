import { defineJob, seconds, text } from 'millrace'
import { kafkaTopic } from 'millrace/kafka'

export default defineJob({ name: 'to-kafka', batchInterval: seconds(10) }, (ssc) => {
  ssc.kinesisStream('lines', text()).saveTo(kafkaTopic({ brokers: { env: 'KAFKA_BROKERS' }, topic: 'lines' }))
})
