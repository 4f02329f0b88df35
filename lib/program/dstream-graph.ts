import { describeValue } from '../values/describe-value.ts'
import type { Dashboard } from '../dstream/dashboard.ts'
import type { GraphBuilder } from '../dstream/graph-builder.ts'
import type { InputNode, OutputNode } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import { BUILT, type Job, type JobOptions } from './job.ts'
import type { StaticTable } from './static-table.ts'
import type { StreamingListener } from './streaming-listener.ts'

/** What a program registered: its streams and what is reached from its outputs. */
export interface Graph {
  readonly options: JobOptions
  readonly inputs: readonly InputNode[]
  readonly outputs: readonly OutputNode[]
  readonly tables: readonly StaticTable[]
  readonly listeners: readonly StreamingListener[]
  readonly dashboard: Dashboard | undefined
}

/** Returns the graph of a job. Its build function runs once, however often this is called; errors of the program throw here. */
export function buildGraph(job: Job): Graph {
  const built = (job as Partial<Record<typeof BUILT, () => { readonly options: JobOptions; readonly builder: GraphBuilder }>> | null | undefined)?.[BUILT]
  if (typeof built !== 'function')
    throw new MillraceError(
      'BAD_PROGRAM',
      `${describeValue(job)} is not a job: a job is what defineJob returns, the default export of its file (export default defineJob(...))`,
    )
  const { options, builder } = built()
  return { options, inputs: builder.inputs, outputs: builder.outputs, tables: builder.tables, listeners: builder.listeners, dashboard: builder.dashboard }
}
