import { makeInvoker, type Invoker } from '../invoker.ts'
import { receive, type ReceiveRequest, type ReceiveResult } from './receive.ts'
import type { Deadline, RuntimeOptions } from '../runtime.ts'

/** One warm process that only receives. Its own file: the receive function's bundle holds nothing of ticks and tasks. */
export interface Receiver {
  /** One invocation of the receive function. Records that the result does not count as consumed are to be delivered again. */
  receive(request: ReceiveRequest, deadline: Deadline): Promise<ReceiveResult>
  /** Runs what else a source does in an invocation: receivers of one's own are polled. */
  readonly invoke: Invoker
}

/** Returns the first half of the engine. All of its effects go through the ports. */
export function createReceiver(options: RuntimeOptions, invoke: Invoker = makeInvoker(options)): Receiver {
  return { invoke, receive: (request, deadline) => invoke('receive', deadline, (run) => receive(run, request)) }
}
