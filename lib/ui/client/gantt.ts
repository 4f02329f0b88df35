import type { VNode } from 'preact'
import { span } from './format.ts'
import { html } from './html.ts'
import { Empty } from './parts.ts'

export interface Bar {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  readonly kind: 'wait' | 'task' | 'close'
  readonly text: string
}

/** Of more, those that took longest. */
const MAX_BARS = 64

/** What took how long, one bar below the other; the numbers stand beside them. */
export function Gantt({ bars, label }: { readonly bars: readonly Bar[]; readonly label: string }): VNode {
  if (bars.length === 0) return html`<${Empty}>When the steps of this batch took place is not known.<//>`
  const kept =
    bars.length <= MAX_BARS
      ? bars
      : [...bars]
          .sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))
          .slice(0, MAX_BARS)
          .sort((a, b) => a.fromMs - b.fromMs)
  const from = Math.min(...kept.map(({ fromMs }) => fromMs))
  const to = Math.max(...kept.map(({ toMs }) => toMs), from + 1)
  const share = (ms: number): number => ((ms - from) / (to - from)) * 100
  return html`<figure class="gantt">
    <table>
      <caption class="hidden">
        ${label}
      </caption>
      <tbody>
        ${kept.map((bar) => {
          const [left, width] = [share(bar.fromMs), Math.max(0.4, share(bar.toMs) - share(bar.fromMs))]
          return html`<tr key=${bar.name}>
            <th scope="row"><code>${bar.name}</code></th>
            <td class="track">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect class=${bar.kind} x=${Math.min(left, 99.6)} width=${width} y="1" height="8" rx="0.4"></rect>
              </svg>
            </td>
            <td class="right">${span(bar.toMs - bar.fromMs)}</td>
            <td class="after">${bar.text === '' ? `at ${span(bar.fromMs - from)}` : bar.text}</td>
          </tr>`
        })}
      </tbody>
    </table>
    ${kept.length === bars.length ? null : html`<figcaption class="hint">The ${MAX_BARS} longest of ${bars.length}.</figcaption>`}
  </figure>`
}
