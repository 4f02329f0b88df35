import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { StreamingJob } from './streaming-job.ts'

export interface MillraceStackProps extends StackProps {
  /** @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
}

/** The two examples of functions/, as they are. */
export class MillraceStack extends Stack {
  constructor(scope: Construct, id: string, props: MillraceStackProps = {}) {
    super(scope, id, props)
    const { removalPolicy = RemovalPolicy.RETAIN } = props
    new StreamingJob(this, 'WordCount', { entry: 'functions/word-count.ts', removalPolicy })
    new StreamingJob(this, 'WorstAirports', { entry: 'functions/worst-airports.ts', removalPolicy })
  }
}
