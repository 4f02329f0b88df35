import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { DynamoLog } from '../../lib/aws/dynamo-log.ts'
import { DynamoProgress } from '../../lib/aws/dynamo-progress.ts'
import { S3Objects } from '../../lib/aws/s3-objects.ts'
import { SqsMessages } from '../../lib/aws/sqs-messages.ts'
import { decompress } from '../../lib/codec/rows.ts'
import type { Job } from '../../lib/program/job.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import type { Plan } from '../../lib/plan/plan.ts'
import type { Bytes } from '../../lib/runtime/entries/entry.ts'
import type { Ports, RuntimeEvent } from '../../lib/runtime/runtime.ts'
import { decodeChanges } from '../../lib/state/changes.ts'
import { PartitionState } from '../../lib/state/partition-state.ts'
import type { DeployedFunction, DeployedJob } from '../../localstack/jobs.ts'
import { eventually } from './eventually.ts'
import { putRecords, readStream, type NewRecord, type StreamRecord } from './kinesis.ts'
import { LogReader, recordsIn, type JobLogs } from './log-reader.ts'

// The SDK's own patience: a test may be slow, where a function may not.
const dynamo = new DynamoDBClient({})
const logs = new CloudWatchLogsClient({})
const s3 = new S3Client({})
const sqs = new SQSClient({})

/** A job that is deployed, seen from outside: its streams, logs, state, objects and log lines. */
export class LocalJob {
  readonly plan: Plan
  readonly receive: DeployedFunction
  readonly run: DeployedFunction
  readonly ports: Ports
  readonly #reader: LogReader

  constructor(job: Job, { receive, run }: DeployedJob) {
    this.plan = planJob(job)
    this.receive = receive
    this.run = run
    const { job: app, table, bucket, ticksQueueUrl: ticks, tasksQueueUrl: tasks } = receive.environment
    const to = { client: dynamo, table, app }
    this.ports = {
      log: new DynamoLog(to),
      progress: new DynamoProgress(to),
      objects: new S3Objects(s3, bucket),
      messages: new SqsMessages(sqs, { ticks, tasks }),
      clock: { now: () => Date.now() },
    }
    this.#reader = new LogReader(this.ports.log)
  }

  /** The ARN of a stream by the program's name of it. */
  streamArn(name: string): string {
    const arn = this.receive.environment.streams[name]
    if (arn === undefined) throw new Error(`job ${this.plan.name} has no stream '${name}'`)
    return arn
  }

  put(stream: string, records: readonly NewRecord[]): Promise<void> {
    return putRecords(this.streamArn(stream), records)
  }

  /** What is in the job's streams: by the program's name, then by shard. */
  async records(): Promise<ReadonlyMap<string, ReadonlyMap<string, readonly StreamRecord[]>>> {
    const streams = Object.entries(this.receive.environment.streams)
    return new Map(await Promise.all(streams.map(async ([name, arn]) => [name, await readStream(arn)] as const)))
  }

  logs(): Promise<JobLogs> {
    return this.#reader.read()
  }

  /** Waits until the receiver logs hold so many records, every block is in a batch, the last batch is finished and nothing is due any more. */
  settled(records: number, { withinMs = 180_000 } = {}): Promise<JobLogs> {
    return eventually(
      `job ${this.plan.name} has taken in ${records} records and come to rest`,
      async () => {
        const all = await this.logs()
        const held = recordsIn(all)
        if (held > records) throw new Error(`the receiver logs hold ${held} records, more than the ${records} that were put`)
        const head = all.batches.at(-1)
        const waiting = [...all.receivers].filter(([name, entries]) => {
          const row = head?.rows.find(({ stream, shard }) => `${stream}/${shard}` === name)
          return entries.length > 0 && (row === undefined || row.from <= (entries.at(-1)?.n ?? -1))
        })
        // A task of the newest batch without an entry is at work still.
        const due = (head?.tasks ?? []).some(([stage, partitions]) =>
          Array.from({ length: partitions }, (_, r) => all.tasks.get(`${stage}/${r}`)?.at(-1)).some((e) => e?.n !== head?.n || e?.nextDue !== null),
        )
        const finished = head !== undefined && (await this.ports.progress.get(head.n))?.names.has('finish') === true
        if (held === records && waiting.length === 0 && !due && finished) return all
        throw new Error(
          `${held} of ${records} records, ${waiting.length} shards with blocks to take, batch ${head?.n} ${finished ? '' : 'not '}finished, ${due ? 'more' : 'nothing'} is due`,
        )
      },
      { withinMs },
    )
  }

  /** Output objects by name. */
  async files(): Promise<ReadonlyMap<string, string>> {
    const keys = (await this.ports.objects.list('')).map(({ key }) => key).filter((key) => !key.startsWith('_millrace/'))
    return new Map(await Promise.all(keys.map(async (key) => [key, Buffer.from((await this.ports.objects.get(key)) ?? []).toString()] as const)))
  }

  /** The lines of saveAsJsonFiles and saveAsTextFiles under a prefix: by batch time, the parts one after the other. Batches without a line are left out. */
  async lines(prefix: string): Promise<ReadonlyMap<number, readonly string[]>> {
    const found = new Map<number, string[]>()
    for (const [key, text] of await this.files()) {
      const time = /^(\d+)(?:\.[^/]*)?\/part-\d+$/.exec(key.startsWith(`${prefix}-`) ? key.slice(prefix.length + 1) : '')?.[1]
      if (time !== undefined) found.set(Number(time), [...(found.get(Number(time)) ?? []), ...text.split('\n').slice(0, -1)])
    }
    return found
  }

  /** The state of an operator after each batch, by the number of the batch: `[key, value]` of all partitions, in the order of the keys' JSON. */
  async states(uid: string): Promise<ReadonlyMap<number, readonly (readonly [string, unknown])[]>> {
    const { batches, tasks } = await this.logs()
    const states = new Map([...tasks.keys()].map((name) => [name, PartitionState.empty(this.plan)]))
    const found = new Map<number, readonly (readonly [string, unknown])[]>()
    for (const { n } of batches) {
      for (const [name, entries] of tasks) {
        const entry = entries.find((e) => e.n === n)
        if (entry !== undefined) states.get(name)?.apply(decodeChanges(await this.#bytes(entry.changes)))
      }
      const rows = [...states.values()].flatMap((state) =>
        [...(state.table(uid)?.groups.get(0)?.entries() ?? [])].map(([key, value]) => [JSON.stringify(key), value] as const),
      )
      found.set(
        n,
        rows.sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    }
    return found
  }

  /** The engine's events in the log lines of both functions: one per invocation, and what happened within. */
  async events(): Promise<readonly RuntimeEvent[]> {
    return (await Promise.all([this.receive, this.run].map(({ name }) => this.logLines(name)))).flat().flatMap((line) => {
      if (!line.startsWith('{')) return []
      const event = JSON.parse(line) as RuntimeEvent
      return typeof event.event === 'string' ? [event] : []
    })
  }

  /** How often the functions were invoked, and how many duplicates receive has dropped, by their log lines. */
  async counts(): Promise<{ readonly invocations: number; readonly duplicates: number; readonly records: number }> {
    const invocations = (await this.events()).filter(({ event }) => event === 'invocation')
    const sum = (field: string): number => invocations.reduce((all, event) => all + (typeof event[field] === 'number' ? event[field] : 0), 0)
    return { invocations: invocations.length, duplicates: sum('duplicates'), records: sum('records') }
  }

  async logLines(functionName: string): Promise<readonly string[]> {
    const lines: string[] = []
    try {
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName: `/aws/lambda/${functionName}` }))
        for (const { message = '' } of events) lines.push(message.trimEnd())
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error // never invoked
    }
    return lines
  }

  async emptyBucket(): Promise<void> {
    const { objects } = this.ports
    await objects.delete((await objects.list('')).map(({ key }) => key))
  }

  /** Prints what AWS calls the parts of the job, and what they have done. */
  async report(): Promise<void> {
    const { invocations, duplicates } = await this.counts()
    const mappings = [...this.receive.mappings, ...this.run.mappings].map(({ UUID, EventSourceArn = '' }) => `  mapping  ${UUID} of ${EventSourceArn}`)
    console.log(
      [
        this.plan.name,
        `  function ${this.receive.arn}`,
        `  function ${this.run.arn}`,
        ...mappings,
        `  ${invocations} invocations, ${duplicates} duplicates dropped`,
      ].join('\n'),
    )
  }

  async #bytes(data: Bytes): Promise<Uint8Array> {
    if ('inline' in data) return data.inline
    return decompress((await this.ports.objects.get(data.key, { offset: data.offset, length: data.length })) ?? new Uint8Array())
  }
}
