import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { openStateOf, type OpenState } from '../query/open-state.ts'
import type { Key } from '../values/key.ts'
import { MillraceError } from '../values/errors.ts'
import { CLIENT_OPTIONS, S3_OPTIONS } from './client-options.ts'
import { DynamoLog } from './dynamo-log.ts'
import { stateVariable } from './environment.ts'
import { S3Objects } from './s3-objects.ts'

export type { OpenState } from '../query/open-state.ts'

/** Where a job's stores are; `StreamingJob.grantRead` puts them into a function's variables. */
export interface OpenStateOptions {
  readonly table?: string
  readonly bucket?: string
}

/**
 * Returns the live state of an operator, for an API that answers from it. Each `get` reads the head of its partition's log strongly: it sees all that is committed.
 * Where the stores are say the function's variables, which `job.grantRead(fn)` sets, or the options.
 * @example
 * const counts = openState<string, number>('word-count', 'counts')
 * export const handler = async ({ queryStringParameters: { word } }) => ({ body: JSON.stringify(await counts.get(word)) })
 */
export function openState<K extends Key, V>(job: string, uid: string, options: OpenStateOptions = {}): OpenState<K, V> {
  const [table = options.table, bucket = options.bucket] = options.table === undefined ? variablesOf(job) : []
  if (table === undefined || bucket === undefined)
    throw new MillraceError(
      'USAGE',
      `openState: nothing says where job '${job}' has its table and its bucket: give its function rights with job.grantRead(fn), or name them, { table, bucket }`,
    )
  const ownEndpoint = process.env['AWS_ENDPOINT_URL'] !== undefined || process.env['AWS_ENDPOINT_URL_S3'] !== undefined
  return openStateOf<K, V>(job, uid, {
    log: new DynamoLog({ client: new DynamoDBClient(CLIENT_OPTIONS), table, app: job }),
    objects: new S3Objects(new S3Client({ ...S3_OPTIONS, forcePathStyle: ownEndpoint }), bucket),
  })
}

function variablesOf(job: string): readonly (string | undefined)[] {
  const text = process.env[stateVariable(job)]
  if (text === undefined) return []
  const { table, bucket } = JSON.parse(text) as { readonly table?: string; readonly bucket?: string }
  return [table, bucket]
}
