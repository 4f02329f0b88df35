// The harness: jobs in a stack of their own on LocalStack. How to use it: localstack/README.md, "Tests".
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, CfnResource, RemovalPolicy, Stack, type aws_lambda as lambda } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { StreamingJob, type StreamingJobProps } from 'millrace/cdk'
import { cdk, deploy } from '../../localstack/cdk.ts'
import { deployedJobs } from '../../localstack/jobs.ts'
import { VARIABLES } from '../../lib/aws/environment.ts'
import { bundle } from '../../lib/cdk/bundle.ts'
import { loadJob } from '../../lib/cdk/load-job.ts'
import { eventually } from './eventually.ts'
import { LocalJob } from './local-job.ts'

/** A job in the stack: the construct's props, and what a test needs besides. */
export interface TestJob extends Partial<StreamingJobProps> {
  readonly entry: string
  /** A module that exports `wrap(ports: Ports): Ports`: the functions' handlers are made with it, e.g. to let them die after their put. */
  readonly wrap?: string
  /** Seconds; Lambda's time-out of the receive function, where a test wants it to be reached soon. */
  readonly receiveTimeoutSeconds?: number
  /** Seconds; the same of the run function, and after so long a batch that has rested is taken up again. */
  readonly runTimeoutSeconds?: number
}

export interface DeployedStack<Id extends string> {
  readonly name: string
  readonly jobs: Readonly<Record<Id, LocalJob>>
  /** Deploys the same stack with other jobs, or other versions of them; the handles of `jobs` go on being right. */
  redeploy<Next extends string>(define: (stack: Stack) => Readonly<Record<Next, TestJob>>): Promise<DeployedStack<Next>>
  /** Empties the buckets, as users must unless they are to be kept, and destroys the stack. */
  destroy(options?: { readonly keepObjects?: boolean }): Promise<void>
}

let stacks = 0

/** Deploys a stack. Its name begins with `name` and is new every time, so that tests do not meet what an earlier run has left. */
export async function deployStack<Id extends string>(name: string, define: (stack: Stack) => Readonly<Record<Id, TestJob>>): Promise<DeployedStack<Id>> {
  return deployAs(`${name}${(Date.now() % 1e8).toString(36)}${stacks++}`, define)
}

async function deployAs<Id extends string>(name: string, define: (stack: Stack) => Readonly<Record<Id, TestJob>>): Promise<DeployedStack<Id>> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-stack-'))
  try {
    const app = new App({ outdir: folder, analyticsReporting: false })
    const stack = new Stack(app, name)
    const defined = Object.entries<TestJob>(define(stack))
    // Also what CDK would retain: LocalStack has no room for the streams of many runs.
    for (const made of stack.node.findAll()) if (CfnResource.isCfnResource(made)) made.applyRemovalPolicy(RemovalPolicy.DESTROY)
    for (const [id, job] of defined) addJob(stack, id, job)
    app.synth()
    await deploy(['--app', folder])
    // By the functions' names, and not at once: LocalStack says that a stack is made before it has its outputs.
    const jobs = await eventually(
      `stack ${name} has its functions`,
      async () => {
        const deployed = await deployedJobs()
        return defined.map(([id, { entry }]) => {
          const found = deployed.find(({ receive }) => receive.name.startsWith(`${name}-${id}Receive`))
          if (found === undefined) throw new Error(`no function of job ${id}; there are ${deployed.map(({ receive }) => receive.name).join(', ')}`)
          return [id, new LocalJob(loadJob(entry), found)] as const
        })
      },
      { withinMs: 60_000 },
    )
    return {
      name,
      jobs: Object.fromEntries(jobs) as Record<Id, LocalJob>,
      redeploy: async (next) => deployAs(name, next),
      destroy: async ({ keepObjects = false } = {}) => {
        if (!keepObjects) for (const [, job] of jobs) await job.emptyBucket()
        await destroy(name)
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function addJob(stack: Stack, id: string, { wrap, receiveTimeoutSeconds, runTimeoutSeconds, ...props }: TestJob): void {
  const job = new StreamingJob(stack, id, { removalPolicy: RemovalPolicy.DESTROY, ...props })
  const functions = { receive: job.receiveFunction, run: job.runFunction } as const
  for (const kind of ['receive', 'run'] as const) {
    const resource = functions[kind].node.defaultChild as lambda.CfnFunction
    if (wrap !== undefined) {
      const { s3Location } = bundle(props.entry, kind, wrap).bind(new Construct(stack, `${id}-${kind}-wrapped`))
      resource.code = { s3Bucket: s3Location?.bucketName ?? '', s3Key: s3Location?.objectKey ?? '' }
    }
    if (kind === 'receive' && receiveTimeoutSeconds !== undefined) resource.timeout = receiveTimeoutSeconds
    if (kind === 'run' && runTimeoutSeconds !== undefined) {
      resource.timeout = runTimeoutSeconds
      resource.addPropertyOverride(`Environment.Variables.${VARIABLES.taskTimeout}`, String(runTimeoutSeconds))
    }
  }
}

/** The CLI wants an app with a stack of that name; what is in it does not matter. */
async function destroy(name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-stack-'))
  try {
    const app = new App({ outdir: folder, analyticsReporting: false })
    new CfnResource(new Stack(app, name), 'Nothing', { type: 'AWS::CloudFormation::WaitConditionHandle' })
    app.synth()
    await cdk(['destroy', '--app', folder, '--all', '--force'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
