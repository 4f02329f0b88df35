import type { Job } from '../program/job.ts'
import { kinesisHandler, type BatchResponse, type LambdaContext } from '../lambda/kinesis-handler.ts'
import { MillraceError } from '../values/errors.ts'
import { createReceiver } from '../runtime/receive/create-receiver.ts'
import type { Ports } from '../runtime/runtime.ts'
import { readEnvironment } from './environment.ts'
import { reportLeftBehind } from './report-left-behind.ts'
import { kinesisShards } from './kinesis-shards.ts'
import { openReceivePorts } from './open-receive-ports.ts'
import { runtimeOptions } from './runtime-options.ts'

/** Returns the handler of the receive function around a job; what the bundler's entry exports. `wrap`: for tests that break the ports. */
export function makeReceiveHandler(
  job: Job,
  wrap: (ports: Ports) => Ports = (ports) => ports,
): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  const environment = readEnvironment(process.env)
  reportLeftBehind(job.name)
  const names = new Map(Object.entries(environment.streams).map(([name, arn]) => [arn, name]))
  const streamOf = (arn: string): string => {
    const name = names.get(arn)
    if (name === undefined)
      throw new MillraceError(
        'BAD_EVENT',
        `the receive function of job '${job.name}' got records of ${arn}; it reads ${[...names.keys()].join(', ')}: remove the event source mapping that somebody else made`,
      )
    return name
  }
  const ports: Ports = { ...openReceivePorts(environment), shards: kinesisShards(environment.streams) }
  return kinesisHandler(createReceiver(runtimeOptions(job, environment, wrap(ports), { receiveOnly: true })), { streamOf })
}
