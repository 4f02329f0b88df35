import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../lib/values/errors.ts'
import { explainAwsError } from '../../lib/tools/explain-aws-error.ts'

const failure = (name: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { name, ...more })
const answered = { $metadata: { httpStatusCode: 400 } }

describe('an error of the SDK', () => {
  it.each<[what: string, error: Error, endpoint: string | undefined, code: string, message: RegExp]>([
    [
      'no LocalStack',
      failure('Error', '', { code: 'ECONNREFUSED' }),
      'http://127.0.0.1:4566',
      'STORE_FAILED',
      /nothing answers on http:.*4566.*npm run localstack/,
    ],
    ['no network', failure('Error', 'getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' }), undefined, 'STORE_FAILED', /AWS cannot be reached.*--local/],
    [
      'no credentials',
      failure('CredentialsProviderError', 'Could not load\nmore'),
      undefined,
      'USAGE',
      /no AWS credentials \(Could not load\).*--profile.*--local/,
    ],
    ['no region', failure('Error', 'Region is missing'), undefined, 'USAGE', /there is no AWS region.*--region/],
    [
      'credentials that have expired',
      failure('ExpiredTokenException', 'expired', answered),
      undefined,
      'USAGE',
      /does not accept the credentials.*log in again/,
    ],
    [
      'no right',
      failure('AccessDeniedException', 'not authorized', answered),
      undefined,
      'STORE_FAILED',
      /does not allow this \(not authorized\).*grantOperate/,
    ],
    ['anything else', failure('ThrottlingException', 'slow down', answered), undefined, 'STORE_FAILED', /AWS answered ThrottlingException: slow down/],
  ])('means %s', (_what, error, endpoint, code, message) => {
    const explained = explainAwsError(error, { endpoint }) as MillraceError
    expect(explained).toBeInstanceOf(MillraceError)
    expect(explained.code).toBe(code)
    expect(explained.message).toMatch(message)
    expect(explained.cause).toBe(error)
  })
})

it.each<[string, unknown]>([
  ['of our own', new MillraceError('USAGE', 'x')],
  ['that is a defect', new TypeError('x is undefined')],
  ['that is none', 'x'],
])('an error %s stays as it is', (_what, error) => {
  expect(explainAwsError(error, { endpoint: undefined })).toBe(error)
})
