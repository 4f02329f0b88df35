import { KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis'
import { LambdaClient, ListEventSourceMappingsCommand, paginateListFunctions, type EventSourceMappingConfiguration } from '@aws-sdk/client-lambda'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { readEnvironment, VARIABLES, type Environment } from '../lib/aws/environment.ts'

/** One of a job's two functions. */
export interface DeployedFunction {
  readonly name: string
  readonly arn: string
  readonly environment: Environment
  readonly mappings: readonly EventSourceMappingConfiguration[]
}

/** A job that somebody has deployed. */
export interface DeployedJob {
  readonly receive: DeployedFunction
  readonly run: DeployedFunction
}

/** Returns the jobs that are deployed: pairs of functions with the variables of the construct. */
export async function deployedJobs(): Promise<readonly DeployedJob[]> {
  const lambda = new LambdaClient({})
  const found: DeployedFunction[] = []
  for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {})) {
    for (const { FunctionName: name = '', FunctionArn: arn = '', Environment: { Variables = {} } = {} } of Functions) {
      if (Variables[VARIABLES.job] === undefined) continue
      const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: name }))
      found.push({ name, arn, environment: readEnvironment(Variables), mappings: EventSourceMappings })
    }
  }
  lambda.destroy()
  return found.flatMap((receive) => {
    if (receive.environment.function !== 'receive') return []
    const run = found.find(({ environment }) => environment.function === 'run' && environment.ticksQueueUrl === receive.environment.ticksQueueUrl)
    return run === undefined ? [] : [{ receive, run }]
  })
}

/** Returns the ids of a stream's shards. HTTP/1.1: LocalStack breaks the client's own HTTP/2. */
export async function shardsOf(StreamARN: string): Promise<readonly string[]> {
  const kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() })
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamARN }))
  kinesis.destroy()
  return Shards.map(({ ShardId = '' }) => ShardId)
}
