import type { VNode } from 'preact'
import type { BatchDetail, BatchInput, BatchOutput, BatchTask } from '../../tools/read-batch.ts'
import { useApi } from './api.ts'
import { bytes, count, cut, moment, span } from './format.ts'
import { Gantt, type Bar } from './gantt.ts'
import { html } from './html.ts'
import { Empty, Note, Table, Waiting, type Column } from './parts.ts'

export function Batch({ number }: { readonly number: string }): VNode {
  const { data, error } = useApi<BatchDetail>(`/api/batches/${number}`)
  if (data === undefined) return html`<${Waiting} error=${error} />`
  const { figures, inputs, tasks, outputs } = data
  const n = Number(number)
  const records = figures.records === null ? null : Object.values(figures.records).reduce((a, b) => a + b, 0)
  const end = figures.finishedMs === null ? null : (figures.computedMs ?? figures.finishedMs)
  const minus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : Math.max(0, a - b))
  const fact = (name: string, value: unknown): VNode =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  return html` <nav class="steps" aria-label="Batches">
      ${n === 0 ? null : html`<a href=${`/batches/${n - 1}`}>← Batch ${n - 1}</a>`}<a href="/">All batches</a
      ><a href=${`/batches/${n + 1}`}>Batch ${n + 1} →</a>
    </nav>
    ${
      figures.failure === null
        ? null
        : html`<${Note} kind="bad" title=${`Stuck in operator '${figures.failure.operator}'`}>
            <pre class="error">${figures.failure.message}</pre>
            <p>Task ${figures.failure.task}, tried ${figures.failure.attempts} times. <a href="/">The Streaming page</a> has the commands that help.</p><//
          >`
    }
    <dl class="facts">
      ${fact('Batch time', moment(figures.timeMs))}${fact('Records', count(records))}${fact('Scheduling delay', span(minus(figures.allocatedMs, figures.dueMs)))}
      ${fact('Processing time', span(minus(end, figures.allocatedMs)))}${fact('Total delay', span(minus(end, figures.dueMs)))}${fact('Output rows', count(figures.outputRows))}
      ${fact('Dead letters', count(figures.deadLetters))}${fact('Skipped', figures.skipped.length === 0 ? 'nothing' : figures.skipped.join(', '))}${fact('Deploy', count(figures.deploy))}
      ${fact('Attempt', html`<code>${data.attempt.slice(0, 8)}</code>`)}${data.renewal ? fact('Renewal', 'snapshots of all states') : null}
    </dl>
    <section>
      <h2>Timeline</h2>
      <${Gantt} bars=${barsOf(data)} label=${`Timeline of batch ${number}`} />
    </section>
    <section>
      <h2>Inputs</h2>
      ${inputs.length === 0 ? html`<${Empty}>No records came into this batch.<//>` : html`<${Table} caption="Inputs" columns=${INPUTS} rows=${inputs} />`}
    </section>
    <section>
      <h2>Tasks</h2>
      <${Table} caption="Tasks" columns=${TASKS} rows=${tasks} />
    </section>
    <section>
      <h2>Output operations</h2>
      ${outputs.length === 0 ? html`<${Empty}>Nothing was put out${figures.finishedMs === null ? ' yet' : ''}.<//>` : outputs.map((output) => html`<${Rows} key=${`${output.operator}/${output.partition}`} output=${output} status=${statusOf(output, data)} />`)}
      ${data.outputsLeftOut === 0 ? null : html`<p class="hint">${count(data.outputsLeftOut)} without rows, or beyond the first 100, are left out.</p>`}
    </section>`
}

function statusOf(output: BatchOutput, { figures, tasks }: BatchDetail): string {
  if (figures.skipped.includes(output.operator)) return 'skipped on command'
  if (figures.failure?.operator === output.operator && figures.finishedMs === null) return `failed: ${figures.failure.message.split('\n')[0] ?? ''}`
  const task = tasks.find(({ stage, partition }) => stage === output.stage && partition === output.partition)
  return figures.finishedMs !== null || (task !== undefined && task.endMs !== null) ? 'succeeded' : 'not done yet'
}

export function Rows({ output, status }: { readonly output: BatchOutput; readonly status?: string }): VNode {
  const place = `${output.stage}, partition ${output.partition}`
  const text = `${output.file ?? output.kind} · ${count(output.rows)} ${output.rows === 1 ? 'row' : 'rows'} · ${place}${status === undefined ? '' : ' · '}`
  return html`<article class="rows">
    <h3>
      <code>${output.operator}</code>
      <small>${text}${status === undefined ? null : html`<span class=${`status ${status === 'succeeded' ? 'finished' : 'failed'}`}>${status}</span>`}</small>
    </h3>
    <pre tabindex="0" aria-label=${`First rows of ${output.operator}`}>
${output.lines.map((line) => cut(line, 400)).join('\n')}${output.rows > output.lines.length ? `\n… ${count(output.rows - output.lines.length)} more` : ''}</pre>
  </article>`
}

function barsOf({ figures, tasks }: BatchDetail): readonly Bar[] {
  const { firstArrivalMs, allocatedMs, finishedMs, computedMs } = figures
  const bars: Bar[] = []
  if (firstArrivalMs !== null && allocatedMs !== null)
    bars.push({ name: 'arrival to allocation', fromMs: firstArrivalMs, toMs: allocatedMs, kind: 'wait', text: '' })
  for (const task of tasks) {
    if (task.beginMs === null || task.endMs === null) continue
    bars.push({
      name: `${task.stage} / ${task.partition}`,
      fromMs: task.beginMs,
      toMs: task.endMs,
      kind: 'task',
      text: task.rowsIn === null ? '' : `${count(task.rowsIn)} rows in`,
    })
  }
  if (finishedMs !== null && computedMs !== null) bars.push({ name: 'to _SUCCESS', fromMs: computedMs, toMs: finishedMs, kind: 'close', text: '' })
  return bars
}

const INPUTS: readonly Column<BatchInput>[] = [
  { name: 'Stream', cell: ({ stream }) => stream },
  { name: 'Partition', cell: ({ shard }) => html`<code>${shard}</code>` },
  { name: 'Entries', cell: ({ from, to }) => (from === to ? String(from) : `${from} – ${to}`) },
  { name: 'Records', right: true, by: ({ records }) => records, cell: ({ records }) => count(records) },
  { name: 'After position', cell: ({ first }) => html`<code>${first === null ? 'the beginning' : first.sequenceNumber}</code>` },
  { name: 'To position', cell: ({ last }) => html`<code>${last === null ? '-' : last.sequenceNumber}</code>` },
  { name: 'Last arrival', cell: ({ lastArrivalMs }) => moment(lastArrivalMs) },
]

const TASKS: readonly Column<BatchTask>[] = [
  { name: 'Stage', by: ({ stage }) => stage, cell: ({ stage }) => html`<code>${stage}</code>` },
  { name: 'Partition', right: true, by: ({ partition }) => partition, cell: ({ partition }) => partition },
  {
    name: 'Time',
    right: true,
    by: ({ beginMs, endMs }) => (endMs ?? 0) - (beginMs ?? 0),
    cell: ({ beginMs, endMs }) => span(beginMs === null || endMs === null ? null : endMs - beginMs),
  },
  { name: 'Rows in', right: true, by: ({ rowsIn }) => rowsIn, cell: ({ rowsIn }) => count(rowsIn) },
  { name: 'Rows out', right: true, by: ({ rowsOut }) => rowsOut, cell: ({ rowsOut }) => count(rowsOut) },
  { name: 'Changed keys', right: true, by: ({ changedKeys }) => changedKeys, cell: ({ changedKeys }) => count(changedKeys) },
  {
    name: 'Changes',
    right: true,
    by: ({ changeBytes }) => changeBytes,
    cell: ({ changeBytes, spilled }) => `${bytes(changeBytes)}${spilled ? ', spilled' : ''}`,
  },
  { name: 'State', right: true, by: ({ stateBytes }) => stateBytes, cell: ({ stateBytes }) => bytes(stateBytes) },
  { name: 'Dead letters', right: true, by: ({ deadLetters }) => deadLetters, cell: ({ deadLetters }) => count(deadLetters) },
  { name: 'Deploy, attempt', cell: ({ deploy, attempt }) => html`${deploy ?? '-'} <code>${attempt?.slice(0, 8) ?? ''}</code>` },
]
