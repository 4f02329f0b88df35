import type { Environment } from '../aws/environment.ts'
import type { SourceMapping } from '../aws/lambda-control.ts'
import type { SourceStatus } from './job-status.ts'

/** Returns a mapping with the name of what it reads: a stream as the program calls it, or the engine's queue. */
export function sourceOf(mapping: SourceMapping, { streams, tasksQueueUrl }: Pick<Environment, 'streams' | 'tasksQueueUrl'>): SourceStatus {
  const stream = Object.entries(streams).find(([, arn]) => arn === mapping.source)?.[0]
  if (stream !== undefined) return { ...mapping, name: stream, kind: 'stream' }
  const queue = mapping.source.split(':').at(-1) ?? ''
  return { ...mapping, name: tasksQueueUrl?.endsWith(`/${queue}`) === true ? 'tasks' : 'ticks', kind: 'queue' }
}

/** Whether a mapping calls its function, or is about to. */
export function isOn({ state }: Pick<SourceMapping, 'state'>): boolean {
  return state === 'Enabled' || state === 'Enabling' || state === 'Creating' || state === 'Updating'
}
