// A program with a receiver of its own: who asks it, and what its functions hold and may do.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeBundle } from '../../lib/cdk/bundle.ts'
import { synth } from './synth.ts'

const JOB = 'test/cdk/jobs/receiver.ts'

describe('a job with a receiver alone', () => {
  let template: Template
  beforeAll(() => {
    template = Template.fromStack(synth(JOB).stack)
  })

  it('is asked by a rule, in whole minutes, and a failure is not tried again before the next', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [Match.objectLike({ Input: '{"poll":"rows"}', RetryPolicy: { MaximumRetryAttempts: 0 } })],
    })
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 })
    template.hasResourceProperties('AWS::Lambda::Permission', { Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' })
  })

  it('has no stream, no right to any, and no alarm of one', () => {
    template.resourceCountIs('AWS::Kinesis::Stream', 0)
    expect(JSON.stringify(template.toJSON())).not.toMatch(/kinesis:|IteratorAge|npx millrace produce/)
  })
})

it('more often than once a minute is refused at synth', () => {
  expect(() => synth('test/cdk/jobs/too-often.ts')).toThrow(
    /receiverStream 'rows' is asked every 30 s; on AWS EventBridge asks, in whole minutes: say every: minutes\(1\)/,
  )
})

describe('the bundle of receive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-receiver-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const inputs = (entry: string): Readonly<Record<string, number>> => {
    const { outputs } = writeBundle(entry, 'receive', folder).metafile!
    const output = Object.values(outputs).find((one) => 'lib/runtime/receive/receive.ts' in one.inputs)!
    return Object.fromEntries(Object.entries(output.inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]))
  }

  it('holds the sources that the program has, and no others; a receiver is less than 6 kB', () => {
    const [own, words] = [inputs(JOB), inputs('functions/word-count.ts')]
    expect(Object.keys(own)).toContain('lib/runtime/receive/poll.ts')
    expect(Object.keys(own).filter((path) => path.startsWith('lib/sources/kinesis/'))).toEqual([])
    expect(Object.keys(words).filter((path) => /poll/.test(path))).toEqual([])
    const more = Object.keys(own).filter((path) => path.startsWith('lib/') && /poll|receiver-input/.test(path))
    expect(more.reduce((sum, path) => sum + (own[path] ?? 0), 0)).toBeLessThan(6_000)
  })
})
