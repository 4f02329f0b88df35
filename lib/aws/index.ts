export { makeReceiveHandler } from './make-receive-handler.ts'
export { makeRunHandler } from './make-run-handler.ts'
