// A function that answers from live state: what grantRead gives it.
import { aws_lambda as lambda } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { expect, it } from 'vitest'
import { synth, WORD_COUNT } from './synth.ts'

it("grantRead lets a function read the job's log and state, and tells it where they are", () => {
  const { stack, job } = synth(WORD_COUNT)
  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = () => {}'),
  })
  job.grantRead(reader).assertSuccess()
  const template = Template.fromStack(stack)
  const [found] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Handler: 'index.handler', Code: { ZipFile: 'exports.handler = () => {}' } } }),
  )
  const { Variables } = (found as { Properties: { Environment: { Variables: Record<string, unknown> } } }).Properties.Environment
  expect(Object.keys(Variables)).toEqual(['MILLRACE_STATE_WORD_COUNT'])
  expect(JSON.stringify(Variables)).toMatch(/table.*Ref.*bucket.*Ref/)
  const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Reader'))
  const statements = (policy![1] as { Properties: { PolicyDocument: { Statement: { Action: string | string[]; Condition?: unknown; Resource: unknown }[] } } })
    .Properties.PolicyDocument.Statement
  expect(statements.flatMap(({ Action }) => Action).sort()).toEqual([
    'dynamodb:BatchGetItem',
    'dynamodb:GetItem',
    'dynamodb:Query',
    's3:GetObject',
    's3:ListBucket',
  ])
  expect(JSON.stringify(statements.map(({ Condition }) => Condition))).toContain('word-count#*')
  const objects = JSON.stringify(statements.find(({ Action }) => Action === 's3:GetObject')?.Resource)
  expect(objects).toContain('_millrace/state/jobs/word-count/')
  expect(objects).not.toContain('_millrace/dead')
})
