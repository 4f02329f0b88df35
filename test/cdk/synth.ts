import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack, type StackProps } from 'aws-cdk-lib'
import { StreamingJob, type StreamingJobProps } from 'millrace/cdk'
import { afterAll } from 'vitest'

export const WORD_COUNT = 'functions/word-count.ts'
export const WIDE = 'test/cdk/jobs/wide.ts'

/** Everything that the apps of a test file write. */
const folder = mkdtempSync(join(tmpdir(), 'millrace-cdk-'))
let apps = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An app that bundles nothing unless asked: templates are the same without, and quick. */
export function makeApp({ bundled = false } = {}): App {
  return new App({ outdir: join(folder, String(apps++)), analyticsReporting: false, ...(bundled ? {} : { context: { 'aws:cdk:bundling-stacks': [] } }) })
}

/** A stack with one job in it. The number of the deploy is pinned, so that templates are the same every time. */
export function synth(
  entry: string,
  props: (stack: Stack) => Partial<StreamingJobProps> = () => ({}),
  stackProps: StackProps = {},
): { readonly stack: Stack; readonly job: StreamingJob } {
  const stack = new Stack(makeApp(), 'Test', stackProps)
  return { stack, job: new StreamingJob(stack, 'Job', { entry, deployNumber: 1_764_000_000, ...props(stack) }) }
}
