// What the construct grants for sinks: what they declare, to run alone.
import { Template } from 'aws-cdk-lib/assertions'
import { expect, it } from 'vitest'
import { synth } from './synth.ts'

interface Policy {
  readonly Properties: {
    readonly PolicyDocument: { readonly Statement: readonly { readonly Action: string | readonly string[]; readonly Resource: unknown }[] }
  }
}

/** Resources by action, of a function's role; account, region and partition as ACCOUNT, REGION and PARTITION. */
function rightsOf(template: Template, kind: 'Receive' | 'Run'): readonly string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')) as [string, Policy][]
  const [, policy] = policies.find(([id]) => id.startsWith(`Job${kind}Policy`))!
  const text = (value: unknown): string => {
    if (typeof value === 'string') return value
    if (Array.isArray(value)) return value.map(text).join('')
    const { Ref, 'Fn::Join': join } = value as { readonly Ref?: string; readonly 'Fn::Join'?: readonly [string, readonly unknown[]] }
    return Ref === undefined ? text(join?.[1] ?? 'other') : Ref.replace('AWS::', '').replace('AccountId', 'Account').toUpperCase()
  }
  return policy.Properties.PolicyDocument.Statement.flatMap(({ Action, Resource }) => [Action].flat().map((action) => `${action} ${text(Resource)}`))
}

it('is what each sink declares, and nothing for receive', () => {
  const template = Template.fromStack(synth('test/cdk/jobs/to-many-sinks.ts').stack)
  const arn = (service: string, rest: string): string => `arn:PARTITION:${service}:REGION:ACCOUNT:${rest}`
  const wanted = [
    `dynamodb:UpdateItem ${arn('dynamodb', 'table/counts')}`,
    'dynamodb:UpdateItem arn:aws:dynamodb:eu-west-1:123456789012:table/elsewhere',
    `secretsmanager:GetSecretValue ${arn('secretsmanager', 'secret:shop/db-??????')}`,
    `sqs:SendMessage ${arn('sqs', 'lines')}`,
    `sqs:GetQueueUrl ${arn('sqs', 'lines')}`,
    'sqs:SendMessage arn:aws:sqs:eu-west-1:123456789012:others',
    'sqs:GetQueueUrl arn:aws:sqs:eu-west-1:123456789012:others',
    'sns:Publish arn:aws:sns:eu-west-1:123456789012:topic',
    `events:PutEvents ${arn('events', 'event-bus/shop')}`,
    `kinesis:PutRecords ${arn('kinesis', 'stream/copies')}`,
  ]
  const own = rightsOf(Template.fromStack(synth('functions/word-count.ts').stack), 'Run')
  expect(
    rightsOf(template, 'Run')
      .filter((right) => !own.includes(right) && !right.startsWith('s3:'))
      .sort(),
  ).toEqual([...wanted].sort())
  expect(rightsOf(template, 'Receive').filter((right) => /secretsmanager|sns|events|counts|elsewhere|copies|others/.test(right))).toEqual([])
})
