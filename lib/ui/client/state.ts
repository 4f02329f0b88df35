import type { VNode } from 'preact'
import type { TaskState } from '../../tools/read-state.ts'
import { useApi } from './api.ts'
import { bytes, count, moment } from './format.ts'
import { html } from './html.ts'
import { Empty, Table, Waiting, type Column } from './parts.ts'

export function StatePage(): VNode {
  const { data, error } = useApi<{ readonly batch: number; readonly tasks: readonly TaskState[] }>('/api/state')
  if (data === undefined) return html`<${Waiting} error=${error} />`
  const operators = new Map<string, { keys: number; partitions: number }>()
  for (const task of data.tasks)
    for (const [uid, keys] of Object.entries(task.operators)) {
      const known = operators.get(uid) ?? { keys: 0, partitions: 0 }
      operators.set(uid, { keys: known.keys + keys, partitions: known.partitions + 1 })
    }
  const rows = [...operators].map(([uid, { keys, partitions }]) => ({ uid, keys, partitions }))
  return html` <section>
      <h2>Operators</h2>
      ${rows.length === 0 ? html`<${Empty}>No operator keeps state yet.<//>` : html`<${Table} caption="Operators" columns=${OPERATORS} rows=${rows} />`}
    </section>
    <section>
      <h2>Tasks <small>after batch ${data.batch}</small></h2>
      ${data.tasks.length === 0 ? html`<${Empty}>No task has run yet.<//>` : html`<${Table} caption="Tasks" columns=${TASKS} rows=${data.tasks} size=${32} />`}
    </section>`
}

interface OperatorRow {
  readonly uid: string
  readonly keys: number
  readonly partitions: number
}

const OPERATORS: readonly Column<OperatorRow>[] = [
  { name: 'Operator', by: ({ uid }) => uid, cell: ({ uid }) => html`<code>${uid}</code>` },
  { name: 'Keys', right: true, by: ({ keys }) => keys, cell: ({ keys }) => count(keys) },
  { name: 'Partitions', right: true, cell: ({ partitions }) => count(partitions) },
]

const TASKS: readonly Column<TaskState>[] = [
  { name: 'Stage', by: ({ stage }) => stage, cell: ({ stage }) => html`<code>${stage}</code>` },
  { name: 'Partition', right: true, by: ({ partition }) => partition, cell: ({ partition }) => partition },
  { name: 'Batch', right: true, cell: ({ batch }) => count(batch) },
  { name: 'Keys', right: true, by: ({ keys }) => keys, cell: ({ keys }) => count(keys) },
  { name: 'Bytes', right: true, by: ({ stateBytes }) => stateBytes, cell: ({ stateBytes }) => bytes(stateBytes) },
  { name: 'Snapshot', right: true, cell: ({ snapshotBatch }) => (snapshotBatch === null ? 'none yet' : `batch ${count(snapshotBatch)}`) },
  { name: 'Next due without input', cell: ({ nextDueMs }) => moment(nextDueMs) },
]
