import { App, Stack, type StackProps } from 'aws-cdk-lib'
import { StreamingJob, type StreamingJobProps } from 'millrace/cdk'

export const WORD_COUNT = 'functions/word-count.ts'
export const WIDE = 'test/cdk/jobs/wide.ts'

/** An app that bundles nothing: templates are the same without, and quick. */
export function unbundledApp(): App {
  return new App({ analyticsReporting: false, context: { 'aws:cdk:bundling-stacks': [] } })
}

/** A stack with one job in it. The number of the deploy is pinned, so that templates are the same every time. */
export function synth(
  entry: string,
  props: (stack: Stack) => Partial<StreamingJobProps> = () => ({}),
  stackProps: StackProps = {},
): { readonly stack: Stack; readonly job: StreamingJob } {
  const stack = new Stack(unbundledApp(), 'Test', stackProps)
  return { stack, job: new StreamingJob(stack, 'Job', { entry, deployNumber: 1_764_000_000, ...props(stack) }) }
}
