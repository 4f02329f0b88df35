import type { VNode } from 'preact'
import type { DeadLetters, ShownLetter } from '../../tools/group-dead-letters.ts'
import type { JobHead } from '../viewed-job.ts'
import { useApi } from './api.ts'
import { count, moment } from './format.ts'
import { html } from './html.ts'
import { Command, Empty, Waiting } from './parts.ts'

export function DeadLettersPage(): VNode {
  const { data, error } = useApi<DeadLetters>('/api/dead-letters')
  const { data: head } = useApi<JobHead>('/api/job')
  if (data === undefined) return html`<${Waiting} error=${error} />`
  if (data.count === 0) return html`<${Empty}>There are none: every record could be decoded, and no function threw.<//>`
  return html`<p class="headline">
      ${count(data.count)} dead
      ${data.count === 1 ? 'letter' : 'letters'}${data.leftOut === 0 ? '' : `, of which the newest ${count(data.count - data.leftOut)} are grouped here`}
    </p>
    <${Command} text=${head?.commands.dead} />
    ${data.groups.map(
      (group) =>
        html`<section key=${`${group.operator} ${group.error}`} class="letters">
          <h2>
            ${group.error} <small><code>${group.operator}</code> · ${count(group.count)} · ${moment(group.firstMs)} – ${moment(group.lastMs)}</small>
          </h2>
          ${group.letters.map((letter, i) => html`<${Letter} key=${i} letter=${letter} />`)}
        </section>`,
    )}`
}

function Letter({ letter }: { readonly letter: ShownLetter }): VNode {
  return html`<details>
    <summary><span>${moment(letter.timeMs)}</span> <code>${(letter.text ?? letter.hex ?? '').slice(0, 120)}</code></summary>
    <p class="error">${letter.message}</p>
    ${letter.position === null ? null : html`<p class="hint">at <code>${letter.position}</code>, ${count(letter.bytes)} bytes</p>`}
    ${
      letter.text === null
        ? null
        : html`<h3>Record</h3>
            <pre tabindex="0">${letter.text}</pre>`
    }
    ${
      letter.hex === null
        ? null
        : html`<h3>Bytes</h3>
            <pre tabindex="0">${letter.hex}</pre>`
    }
    <h3>Stack</h3>
    <pre tabindex="0">${letter.stack}</pre>
  </details>`
}
