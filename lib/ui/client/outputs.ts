import type { VNode } from 'preact'
import type { NewestOutput } from '../../tools/read-outputs.ts'
import { useApi } from './api.ts'
import { Rows } from './batch.ts'
import { count, moment } from './format.ts'
import { html } from './html.ts'
import { Empty, Waiting } from './parts.ts'

export function Outputs(): VNode {
  const { data, error } = useApi<readonly NewestOutput[]>('/api/outputs')
  if (data === undefined) return html`<${Waiting} error=${error} />`
  if (data.length === 0) return html`<${Empty}>None of the last 20 batches has put out a row.<//>`
  return html`${data.map(
    (output) =>
      html`<section key=${output.operator}>
        <h2>
          <code>${output.operator}</code>
          <small
            >${`${count(output.rows)} ${output.rows === 1 ? 'row' : 'rows'} in `}<a href=${`/batches/${output.batch}`}>batch ${output.batch}</a>
            ${` of ${moment(output.timeMs)}`}</small
          >
        </h2>
        ${output.parts.map((part) => html`<${Rows} key=${part.partition} output=${part} />`)}
      </section>`,
  )}`
}
