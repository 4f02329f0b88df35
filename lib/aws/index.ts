export { openState, type OpenState, type OpenStateOptions } from './open-state.ts'
export { makeReceiveHandler } from './make-receive-handler.ts'
export { makeRunHandler } from './make-run-handler.ts'
export { Producer, type ProducerOptions, type ProducerRecord, type ProducerReport } from './producer.ts'
