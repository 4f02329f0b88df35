import { setTimeout as timer } from 'node:timers/promises'
import type { Job } from '../program/job.ts'
import type { BatchResponse, LambdaContext } from '../lambda/kinesis-handler.ts'
import { sqsHandler } from '../lambda/sqs-handler.ts'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Ports } from '../runtime/runtime.ts'
import { tellListeners } from '../runtime/tell-listeners.ts'
import { batchMetrics } from './batch-metrics.ts'
import { readEnvironment } from './environment.ts'
import { reportLeftBehind } from './report-left-behind.ts'
import { openPorts } from './open-ports.ts'
import { runtimeOptions } from './runtime-options.ts'

/** Returns the handler of the run function around a job; what the bundler's entry exports. `wrap`: for tests that break the ports. */
export function makeRunHandler(job: Job, wrap: (ports: Ports) => Ports = (ports) => ports): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  const environment = readEnvironment(process.env)
  reportLeftBehind(job.name)
  const options = runtimeOptions(job, environment, wrap(openPorts(environment)), { more: batchMetrics })
  const completed = tellListeners(options.plan, {
    sleep: (ms, signal) => timer(ms, undefined, { signal }).catch(() => {}),
    warn: (message) => options.observe?.({ event: 'warning', message }),
  })
  return sqsHandler(createRuntime({ ...options, completed }))
}
