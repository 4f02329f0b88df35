// A job as the tools find it: the variables of its functions, and Lambda's answers about them.
import { LambdaControl } from '../../lib/aws/lambda-control.ts'
import { findJob, type DeployedJob } from '../../lib/tools/find-job.ts'
import { STUB_CONFIG, stubHttp, type StubAnswer, type StubRequest } from '../aws/stub-http.ts'

export const STREAM_ARN = 'arn:aws:kinesis:us-east-1:111122223333:stream/lines'
export const TICKS_ARN = 'arn:aws:sqs:us-east-1:111122223333:Ticks'
export const TASKS_ARN = 'arn:aws:sqs:us-east-1:111122223333:Tasks'

export function variables(job: string, kind: 'receive' | 'run', deploy = 1): Record<string, string> {
  return {
    MILLRACE_JOB: job,
    MILLRACE_FUNCTION: kind,
    MILLRACE_TABLE: 'table',
    MILLRACE_BUCKET: 'bucket',
    MILLRACE_STREAMS: JSON.stringify({ lines: STREAM_ARN }),
    MILLRACE_TICKS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/Ticks',
    MILLRACE_TASKS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/Tasks',
    MILLRACE_DEPLOY: String(deploy),
    MILLRACE_BATCHING_WINDOW_SECONDS: '1',
    MILLRACE_RETENTION_SECONDS: '2592000',
    MILLRACE_TASK_TIMEOUT_SECONDS: '180',
  }
}

export function deployed(job: string, deploys: { readonly receive?: number; readonly run?: number } = {}): DeployedJob {
  return findJob(
    (['receive', 'run'] as const).map((kind) => ({ name: `${job}-${kind}`, variables: variables(job, kind, deploys[kind]) })),
    job,
    'us-east-1',
  )
}

interface Mapping {
  readonly UUID: string
  readonly FunctionArn: string
  readonly EventSourceArn: string
  State: string
  LastProcessingResult?: string
}

/** Lambda with functions and event source mappings: pages hold two each, and a switched mapping is on its way for one look. */
export class StubLambda {
  readonly functions = new Map<string, { Environment?: { Variables: Record<string, string> }; RevisionId: string }>()
  readonly mappings: Mapping[] = []
  /** What was changed, in order. */
  readonly changes: string[] = []
  readonly control = new LambdaControl({ ...STUB_CONFIG, requestHandler: stubHttp((request) => this.#answer(request)) })

  add(job: string, name = job): void {
    for (const kind of ['receive', 'run'] as const)
      this.functions.set(`${name}-${kind}`, { Environment: { Variables: variables(job, kind) }, RevisionId: 'r1' })
    const map = (UUID: string, kind: string, EventSourceArn: string): unknown =>
      this.mappings.push({ UUID: `${name}-${UUID}`, FunctionArn: `${name}-${kind}`, EventSourceArn, State: 'Enabled' })
    map('ticks', 'run', TICKS_ARN)
    map('tasks', 'run', TASKS_ARN)
    map('lines', 'receive', STREAM_ARN)
  }

  #answer({ method, path, query, body }: StubRequest): StubAnswer {
    const [, kind, id, what] = /^\/[\d-]+\/(functions|event-source-mappings)\/?([^/]*)\/?(.*)$/.exec(path) ?? []
    if (kind === 'functions' && id === '') {
      const { items, next } = page([...this.functions], query['Marker'])
      return { body: { Functions: items.map(([FunctionName, rest]) => ({ FunctionName, ...rest })), NextMarker: next } }
    }
    if (kind === 'functions' && what === 'configuration') {
      const found = this.functions.get(id!)!
      if (method === 'GET') return { body: { FunctionName: id, ...found, LastUpdateStatus: 'Successful' } }
      if (body['RevisionId'] !== found.RevisionId) return { status: 412, error: 'PreconditionFailedException', body: { Message: 'somebody was faster' } }
      this.changes.push(`${id}: ${JSON.stringify(body['Environment'])}`)
      this.functions.set(id!, { Environment: body['Environment'] as { Variables: Record<string, string> }, RevisionId: `${found.RevisionId}+` })
      return { body: {} }
    }
    if (method === 'PUT') {
      const mapping = this.mappings.find(({ UUID }) => UUID === id)!
      mapping.State = body['Enabled'] === true ? 'Enabling' : 'Disabling'
      this.changes.push(`${id}: ${mapping.State}`)
      return { body: mapping }
    }
    const { items, next } = page(
      this.mappings.filter(({ FunctionArn }) => FunctionArn === query['FunctionName']),
      query['Marker'],
    )
    const answer = { body: { EventSourceMappings: structuredClone(items), NextMarker: next } }
    for (const mapping of items) mapping.State = mapping.State === 'Enabling' ? 'Enabled' : mapping.State === 'Disabling' ? 'Disabled' : mapping.State
    return answer
  }
}

function page<T>(all: readonly T[], marker: string | undefined): { readonly items: readonly T[]; readonly next: string | undefined } {
  const from = Number(marker ?? 0)
  return { items: all.slice(from, from + 2), next: from + 2 < all.length ? String(from + 2) : undefined }
}
