import { MillraceError } from '../values/errors.ts'

/** What the SDK's errors have in common, as far as they have it. */
interface SdkError extends Error {
  readonly code?: string
  readonly $metadata?: unknown
  readonly $response?: { readonly statusCode?: number }
}

const NOT_ACCEPTED =
  /^(ExpiredToken|ExpiredTokenException|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignatureException|SignatureDoesNotMatch)$/
const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN|ETIMEDOUT)$/

/** Returns what an error of the SDK means to whoever sits at the terminal, with the remedy; other errors as they are. `endpoint`: where LocalStack is, with --local. */
export function explainAwsError(error: unknown, { endpoint }: { readonly endpoint: string | undefined }): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error
  const { name, message, code, $metadata } = error as SdkError
  const usage = (text: string): MillraceError => new MillraceError('USAGE', text, { cause: error })
  const failed = (text: string): MillraceError => new MillraceError('STORE_FAILED', text, { cause: error })
  if (code !== undefined && UNREACHABLE.test(code)) {
    return endpoint === undefined
      ? failed(`AWS cannot be reached (${message || code}): look at the network, the region and AWS_ENDPOINT_URL; for LocalStack add --local`)
      : failed(`nothing answers on ${endpoint} (${code}): start LocalStack with npm run localstack, or set AWS_ENDPOINT_URL to where it is`)
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return usage(
      `there are no AWS credentials (${firstLine(message)}): log in, name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for LocalStack add --local`,
    )
  if (message.startsWith('Region is missing'))
    return usage('there is no AWS region: name one with --region, in AWS_REGION or in the profile; for LocalStack add --local')
  if (NOT_ACCEPTED.test(name)) return usage(`AWS does not accept the credentials (${name}: ${message}): log in again, or name another profile with --profile`)
  if (/^AccessDenied(Exception)?$/.test(name))
    return failed(
      `AWS does not allow this (${message}): docs/tools.md lists the rights that each command needs; grantOperate of the construct gives those of status, watch and produce`,
    )
  return $metadata === undefined ? error : failed(`AWS answered ${name}: ${message}`)
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
