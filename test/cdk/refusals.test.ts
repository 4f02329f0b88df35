// What cannot work fails at synth, and says why and what to do.
import { Duration, RemovalPolicy, aws_kinesis as kinesis, aws_lambda as lambda, type App, type Stack } from 'aws-cdk-lib'
import type { StreamingJobProps } from 'millrace/cdk'
import { describe, expect, it } from 'vitest'
import { synth, WIDE, WORD_COUNT } from './synth.ts'

describe('a job file is refused', () => {
  it.each([
    ['functions/none.ts', /there is no file 'functions\/none\.ts' in .*; entry is the path of the job's module/],
    ['test/cdk/jobs/top-level-await.ts', /uses top-level await, and a construct cannot wait; read files in a static table/],
    ['test/cdk/jobs/no-default.ts', /has no job: its default export must be what defineJob returns/],
    ['test/cdk/jobs/names.json', /has no job/],
    ['test/cdk/jobs/bad-import.ts', /Cannot find module .*names the file with its ending/],
    ['test/cdk/jobs/enum.ts', /TypeScript enum is not supported.*erasableSyntaxOnly/],
    ['test/cdk/jobs/no-output.ts', /no output operations registered/],
    ['test/cdk/jobs/too-fast.ts', /batch interval of 0\.2 s; on Lambda it must be from 1 s to 15 min/],
    ['test/cdk/jobs/too-slow.ts', /batch interval of 3600 s; on Lambda it must be from 1 s to 15 min/],
    ['test/cdk/jobs/queue.ts', /with queueStream, which cannot run on AWS.*ssc\.kinesisStream/],
  ])('%s', (entry, message) => {
    expect(() => synth(entry)).toThrow(message)
  })
})

const stream = (stack: Stack, id = 'Stream'): kinesis.Stream => new kinesis.Stream(stack, id)
const arn = (stack: Stack, value: string): kinesis.IStream => kinesis.Stream.fromStreamArn(stack, 'Given', value)

describe('props are refused', () => {
  it.each<[string, string, (stack: Stack) => Partial<StreamingJobProps>, RegExp]>([
    ['an unknown stream', WORD_COUNT, (s) => ({ streams: { line: stream(s) } }), /streams has 'line', which the program does not read; it reads 'lines'/],
    [
      'two names of one stream',
      WIDE,
      (s) => ({
        streams: (() => {
          const one = stream(s)
          return { orders: one, payments: one }
        })(),
      }),
      /'orders' and 'payments' are one stream/,
    ],
    [
      'two handles of one stream',
      WIDE,
      (s) => {
        const one = stream(s)
        return { streams: { orders: one, payments: kinesis.Stream.fromStreamArn(s, 'Again', one.streamArn) } }
      },
      /are one stream/,
    ],
    [
      'an enhanced fan-out consumer',
      WORD_COUNT,
      (s) => ({ streams: { lines: arn(s, 'arn:aws:kinesis:us-east-1:111122223333:stream/a/consumer/b:1') } }),
      /enhanced fan-out consumer: .*give the stream itself/,
    ],
    [
      'AT_TIMESTAMP without a time',
      WORD_COUNT,
      (s) => ({ streams: { lines: { stream: stream(s), startingPosition: lambda.StartingPosition.AT_TIMESTAMP } } }),
      /add startingPositionTimestamp/,
    ],
    [
      'a time without AT_TIMESTAMP',
      WORD_COUNT,
      (s) => ({ streams: { lines: { stream: stream(s), startingPositionTimestamp: 1 } } }),
      /starts at TRIM_HORIZON; add startingPosition: AT_TIMESTAMP/,
    ],
    [
      'a time in ms',
      WORD_COUNT,
      (s) => ({
        streams: { lines: { stream: stream(s), startingPosition: lambda.StartingPosition.AT_TIMESTAMP, startingPositionTimestamp: 1_700_000_000_000 } },
      }),
      /lies in the future.*in seconds, not milliseconds/,
    ],
    [
      'a stream that keeps records for longer than the log',
      WORD_COUNT,
      (s) => ({ retention: Duration.days(7), streams: { lines: new kinesis.Stream(s, 'Long', { retentionPeriod: Duration.days(7) }) } }),
      /keeps records for 168 h and the job its log for 168 h/,
    ],
    ['a retention of a day', WORD_COUNT, () => ({ retention: Duration.days(1) }), /retention is 1 day; it must exceed the streams' retention/],
    ['a window over the interval', WORD_COUNT, () => ({ batchingWindow: Duration.seconds(6) }), /batchingWindow is 6 s and the batch interval 5 s/],
    ['a window of half seconds', WORD_COUNT, () => ({ batchingWindow: Duration.millis(1500) }), /batchingWindow is 1\.5 s; Lambda gathers whole seconds/],
    ['no window', WORD_COUNT, () => ({ batchingWindow: Duration.seconds(0) }), /at least 1/],
    ['concurrent tasks without partitions', WORD_COUNT, () => ({ maxConcurrentTasks: 4 }), /every stage has one partition/],
    ['one concurrent task', WIDE, () => ({ maxConcurrentTasks: 1 }), /whole numbers from 2 to 1000/],
    ['an absolute output prefix', WORD_COUNT, () => ({ outputPrefix: '/prod' }), /without a leading '\/'/],
    ['an output prefix of the engine', WORD_COUNT, () => ({ outputPrefix: '_millrace/out' }), /not under _millrace/],
    ['a variable of the engine', WORD_COUNT, () => ({ environment: { MILLRACE_TABLE: 'mine' } }), /environment has 'MILLRACE_TABLE'/],
    ['a variable of Lambda', WORD_COUNT, () => ({ environment: { AWS_REGION: 'mars' } }), /environment has 'AWS_REGION'/],
    ['too little memory', WORD_COUNT, () => ({ memorySize: 64 }), /128 to 10240 MB/],
    ['snapshots', WORD_COUNT, () => ({ removalPolicy: RemovalPolicy.SNAPSHOT }), /use RETAIN or DESTROY/],
  ])('%s', (_name, entry, props, message) => {
    expect(() => synth(entry, props)).toThrow(message)
  })

  it('several processes at one shard, also where somebody reaches the mapping', () => {
    for (const [change, message] of [
      [(mapping: lambda.CfnEventSourceMapping) => mapping.addPropertyOverride('ParallelizationFactor', 4), /'lines' has ParallelizationFactor 4; it must be 1/],
      [(mapping: lambda.CfnEventSourceMapping) => (mapping.parallelizationFactor = 2), /'lines' has ParallelizationFactor 2; it must be 1/],
    ] as const) {
      const { stack, job } = synth(WORD_COUNT)
      change(job.node.findChild('Sources').node.findChild('lines') as lambda.CfnEventSourceMapping)
      expect(() => (stack.node.root as App).synth()).toThrow(message)
    }
  }, 120_000)

  it('a stream of another region', () => {
    const elsewhere = (s: Stack): Partial<StreamingJobProps> => ({ streams: { lines: arn(s, 'arn:aws:kinesis:eu-west-1:111122223333:stream/lines') } })
    expect(() => synth(WORD_COUNT, elsewhere, { env: { account: '111122223333', region: 'us-east-1' } })).toThrow(/is in eu-west-1 and the stack in us-east-1/)
  })
})
