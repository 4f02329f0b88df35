import { MillraceError } from '../values/errors.ts'

/** Options of every command that talks to AWS. */
export const AWS_OPTIONS = {
  local: { type: 'boolean' },
  profile: { type: 'string' },
  region: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const AWS_HELP = `  --local                LocalStack, at AWS_ENDPOINT_URL or 127.0.0.1:4566 (another port: LOCALSTACK_PORT)
  --profile NAME         profile of ~/.aws/config (AWS_PROFILE, or what the SDK finds)
  --region NAME          region (AWS_REGION, or the profile's; with --local us-east-1)
  --json                 JSON in place of text
  --help                 this text`

/** Where `npm run localstack` starts it, and `npm run deploy:local` deploys to. */
const LOCAL_PORT = '4566'
const LOCAL_REGION = 'us-east-1'

export interface AwsValues {
  readonly local?: boolean | undefined
  readonly profile?: string | undefined
  readonly region?: string | undefined
}

/** Where commands look for jobs. */
export interface Place {
  /** Of LocalStack; undefined: AWS. */
  readonly endpoint: string | undefined
}

/** Lets the SDK, which reads the environment by itself, find the place that the options name. Called before the first client is made. */
export function useAws({ local, profile, region }: AwsValues, env: NodeJS.ProcessEnv): Place {
  if (local === true && profile !== undefined) throw new MillraceError('USAGE', '--local and --profile name two places; give one of them')
  if (region !== undefined) env['AWS_REGION'] = region
  if (local === true) {
    env['AWS_ENDPOINT_URL'] ??= `http://127.0.0.1:${env['LOCALSTACK_PORT'] ?? LOCAL_PORT}`
    env['AWS_REGION'] = region ?? LOCAL_REGION
    // The key names LocalStack's account, and one's own keys and profile have no business there.
    for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete env[name]
    env['AWS_ACCESS_KEY_ID'] = 'test'
    env['AWS_SECRET_ACCESS_KEY'] = 'test'
    return { endpoint: env['AWS_ENDPOINT_URL'] }
  }
  if (profile !== undefined) {
    env['AWS_PROFILE'] = profile
    // Keys in the environment would win.
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete env[name]
  }
  return { endpoint: undefined }
}
