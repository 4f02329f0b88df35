import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdated,
  type LambdaClientConfig,
} from '@aws-sdk/client-lambda'
import { VARIABLES } from './environment.ts'

/** A function of a job, found by its variables. */
export interface JobFunction {
  readonly name: string
  readonly variables: Readonly<Record<string, string>>
}

/** An event source mapping of a function. */
export interface SourceMapping {
  readonly uuid: string
  /** ARN of the stream or queue. */
  readonly source: string
  /** Enabled, Disabled, or on its way: Creating, Enabling, Disabling, Updating, Deleting. */
  readonly state: string
  /** What Lambda says of its last poll, e.g. OK, No records processed, PROBLEM: Function call failed; '' when it says nothing. */
  readonly lastResult: string
  /** Of a stream: how many processes take one shard at once. 1, unless somebody has changed it. */
  readonly parallelizationFactor?: number
}

/** Seconds that a function may take until it runs with changed variables. */
const MAX_UPDATE_SECONDS = 300

/** What the tools ask of Lambda: which jobs there are, and what calls their functions. */
export class LambdaControl {
  readonly #client: LambdaClient

  constructor(config: LambdaClientConfig = {}) {
    this.#client = new LambdaClient(config)
  }

  region(): Promise<string> {
    return this.#client.config.region()
  }

  /** Returns the functions of all jobs of the region: those with the variable MILLRACE_JOB. */
  async jobFunctions(): Promise<readonly JobFunction[]> {
    const found: JobFunction[] = []
    let marker: string | undefined
    do {
      const page = await this.#client.send(new ListFunctionsCommand(marker === undefined ? {} : { Marker: marker }))
      for (const { FunctionName, Environment } of page.Functions ?? []) {
        if (FunctionName !== undefined && Environment?.Variables?.[VARIABLES.job] !== undefined)
          found.push({ name: FunctionName, variables: Environment.Variables })
      }
      marker = page.NextMarker === '' ? undefined : page.NextMarker
    } while (marker !== undefined)
    return found
  }

  /** Returns what calls a function. */
  async mappings(functionName: string): Promise<readonly SourceMapping[]> {
    const found: SourceMapping[] = []
    let marker: string | undefined
    do {
      const page = await this.#client.send(
        new ListEventSourceMappingsCommand({ FunctionName: functionName, ...(marker === undefined ? {} : { Marker: marker }) }),
      )
      for (const { UUID, EventSourceArn, State, LastProcessingResult, ParallelizationFactor } of page.EventSourceMappings ?? [])
        found.push({
          uuid: UUID ?? '',
          source: EventSourceArn ?? '',
          state: State ?? '',
          lastResult: LastProcessingResult ?? '',
          ...(ParallelizationFactor === undefined ? {} : { parallelizationFactor: ParallelizationFactor }),
        })
      marker = page.NextMarker === '' ? undefined : page.NextMarker
    } while (marker !== undefined)
    return found
  }

  /** Asks for a mapping to be enabled or disabled; it takes a while (see `mappings`). */
  async switchMapping(uuid: string, enabled: boolean): Promise<void> {
    await this.#client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: enabled }))
  }

  /** Sets one variable of a function, leaves the others as they are now, and returns when the function runs with it. */
  async setVariable(functionName: string, name: string, value: string): Promise<void> {
    const updated = (): Promise<unknown> =>
      waitUntilFunctionUpdated({ client: this.#client, maxWaitTime: MAX_UPDATE_SECONDS, minDelay: 1, maxDelay: 5 }, { FunctionName: functionName })
    await updated() // a deploy may be under way
    const { Environment, RevisionId } = await this.#client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }))
    await this.#client.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: functionName,
        Environment: { Variables: { ...Environment?.Variables, [name]: value } },
        // Refused when somebody else has changed the function since it was read.
        ...(RevisionId === undefined ? {} : { RevisionId }),
      }),
    )
    await updated()
  }
}
