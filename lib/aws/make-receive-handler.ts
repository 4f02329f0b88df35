import type { Job } from '../program/job.ts'
import { sourceHandler, type LambdaContext } from '../lambda/source-handler.ts'
import { MillraceError } from '../values/errors.ts'
import { createReceiver } from '../runtime/receive/create-receiver.ts'
import type { Ports } from '../runtime/runtime.ts'
import type { PollEvents } from '../lambda/poll-events.ts'
import type { BatchResponse, EventSource } from '../sources/source.ts'
import { readEnvironment } from './environment.ts'
import { reportLeftBehind } from './report-left-behind.ts'
import { kinesisShards } from './kinesis-shards.ts'
import { openReceivePorts } from './open-receive-ports.ts'
import { runtimeOptions } from './runtime-options.ts'

/** Returns the handler of the receive function around a job, for events of these sources; what the bundler's entry exports. `wrap`: for tests that break the ports. */
export function makeReceiveHandler(
  job: Job,
  sources: readonly (EventSource | PollEvents)[],
  wrap: (ports: Ports) => Ports = (ports) => ports,
): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  const environment = readEnvironment(process.env)
  reportLeftBehind(job.name)
  const names = new Map(Object.entries(environment.streams).map(([name, arn]) => [arn, name]))
  const streamOf = (resource: string): string => {
    const name = names.get(resource)
    if (name === undefined)
      throw new MillraceError(
        'BAD_EVENT',
        `the receive function of job '${job.name}' got records of ${resource}; it reads ${[...names.keys()].join(', ')}: remove the event source mapping that somebody else made`,
      )
    return name
  }
  const ports: Ports = { ...openReceivePorts(environment), shards: kinesisShards(environment.streams) }
  return sourceHandler(createReceiver(runtimeOptions(job, environment, wrap(ports), { receiveOnly: true })), sources, streamOf)
}
