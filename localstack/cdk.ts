// The CDK CLI, as the scripts and tests here call it. The environment is local.sh's.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'

/** What `cdk bootstrap` makes in the account that LocalStack gives everybody. */
const ASSETS = 'cdk-hnb659fds-assets-000000000000-us-east-1'

/** By stack, then by output. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Runs the CLI; throws what it wrote when it fails. */
export async function cdk(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['node_modules/aws-cdk/bin/cdk', ...args, '--no-notices', '--ci'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const written: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => written.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`cdk ${args.join(' ')} ended with ${code}:\n${Buffer.concat(written).toString()}`)
}

/** Bootstraps the account unless that was done since LocalStack was started. */
export async function bootstrap(): Promise<void> {
  const s3 = new S3Client({})
  try {
    await s3.send(new HeadBucketCommand({ Bucket: ASSETS }))
  } catch {
    await cdk(['bootstrap'])
  } finally {
    s3.destroy()
  }
}

/** Deploys all stacks of an app (`--app`: a command, or the folder of a synthesized one) and returns their outputs. */
export async function deploy(args: readonly string[]): Promise<StackOutputs> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-deploy-'))
  try {
    const outputs = join(folder, 'outputs.json')
    await cdk(['deploy', '--all', '--require-approval', 'never', '--outputs-file', outputs, ...args])
    return JSON.parse(readFileSync(outputs, 'utf8')) as StackOutputs
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
