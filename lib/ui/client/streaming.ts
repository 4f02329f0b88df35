import { useMemo, useState } from 'preact/hooks'
import type { VNode } from 'preact'
import type { BatchPage } from '../../tools/batch-reader.ts'
import type { JobHead, Totals } from '../viewed-job.ts'
import { useApi } from './api.ts'
import { Sparkline } from './charts.ts'
import { mean, pointsOf, stateOf, timeToCatchUp, type Point } from './figures.ts'
import { bytes, count, moment, quantile, rate, span } from './format.ts'
import { html } from './html.ts'
import { Command, Empty, Note, Table, Waiting, type Column } from './parts.ts'
import { Lines } from './timelines.ts'

export interface StreamingData {
  readonly head: JobHead
  readonly nowMs: number
  readonly page: BatchPage
  readonly totals: Totals | null
  readonly deadLetters: number
  readonly behind: {
    readonly ms: number | null
    readonly atLeast: boolean
    readonly why: string | null
    /** The mapping of its stream is switched off. */
    readonly off: boolean
    readonly worst: string | null
    readonly writtenMs: number | null
  }
}

/** Batches that the time lines may show. */
const CHOICES: readonly number[] = [60, 240, 1000]
const CELLS = 60

export function Streaming(): VNode {
  const [last, setLast] = useState(240)
  const { data, error } = useApi<StreamingData>(`/api/streaming?last=${last}`)
  if (data === undefined) return html`<${Waiting} error=${error} />`
  return html`<${Shown} data=${data} last=${last} setLast=${setLast} />`
}

function Shown({ data, last, setLast }: { readonly data: StreamingData; readonly last: number; readonly setLast: (n: number) => void }): VNode {
  const { head, page, totals, nowMs } = data
  const points = useMemo(() => pointsOf(page.batches, head), [data])
  const done = points.filter(({ figures }) => figures.finishedMs !== null)
  const open = points.filter(({ figures }) => figures.finishedMs === null)
  const stuck = open.filter(({ figures }) => figures.failure !== null)
  if (points.length === 0)
    return html`<${HeadLine} head=${head} totals=${totals} nowMs=${nowMs} />
      <${Empty}>No batch yet: the first one comes when records have arrived and their interval is over.<//>`
  return html` <${HeadLine} head=${head} totals=${totals} nowMs=${nowMs} />
    ${
      head.state === 'failed' && stuck.length === 0
        ? html`<${Note} kind="bad" title="The run has ended with an error">
            <pre>${head.error}</pre>
            <${Command} text=${head.commands.goOn}
          /><//>`
        : null
    }
    ${stuck.map(({ figures }) => html`<${Stuck} key=${figures.batch} head=${head} figures=${figures} />`)}
    <${Unknown} data=${data} />
    <${Numbers} data=${data} points=${points} done=${done} />
    <${Cells} points=${points} />
    <section aria-labelledby="timelines">
      <div class="bar">
        <h2 id="timelines">Timelines <small>last ${count(points.length)} batches, ${count(open.length)} active, ${count(done.length)} completed</small></h2>
        <div class="choice" role="group" aria-label="Batches shown">
          ${CHOICES.map((n) => html`<button type="button" aria-pressed=${n === last} onClick=${() => setLast(n)}>${count(n)}</button>`)}
        </div>
      </div>
      ${page.leftOut === null || page.leftOut >= (page.batches[0]?.batch ?? 0) ? null : html`<p class="hint">Batches before ${count(page.batches[0]?.batch)} are left out: one view reads at most 1,000 batches and 4 MB.</p>`}
      <${Lines} head=${head} points=${points} />
    </section>
    ${
      open.length === 0
        ? null
        : html`<section>
            <h2>Running batches <small>${count(open.length)}</small></h2>
            <${Batches} caption="Running batches" points=${open.toReversed()} head=${head} />
          </section>`
    }
    <section>
      <h2>Completed batches <small>last ${count(done.length)}${totals === null ? '' : ` of ${count(totals.batches)}`}</small></h2>
      ${done.length === 0 ? html`<${Empty}>No batch is completed yet.<//>` : html`<${Batches} caption="Completed batches" points=${done.toReversed()} head=${head} />`}
    </section>`
}

function HeadLine({ head, totals, nowMs }: { readonly head: JobHead; readonly totals: Totals | null; readonly nowMs: number }): VNode {
  const of = totals === null ? '' : ` (${count(totals.batches)} completed ${totals.batches === 1 ? 'batch' : 'batches'}, ${count(totals.records)} records)`
  const since = head.startedMs === null ? '' : ` ${head.state === 'running' ? `for ${span(nowMs - head.startedMs)} ` : ''}since ${moment(head.startedMs)}`
  return html`<p class="headline"><span data-totals>${head.state === 'running' ? 'Running' : 'Ran'} batches of ${span(head.intervalMs)}${since}${of}</span></p>`
}

function Stuck({ head, figures }: { readonly head: JobHead; readonly figures: Point['figures'] }): VNode {
  const { failure } = figures
  return html`<${Note} kind="bad" title=${`Batch ${figures.batch} is stuck in operator '${failure?.operator ?? ''}'`}>
    <pre class="error">${failure?.message}</pre>
    <p>
      Batch of ${moment(figures.timeMs)}, task ${failure?.task}, tried ${failure?.attempts === 1 ? 'once' : `${failure?.attempts} times`}. Nothing is lost, and
      nothing after it runs. <a href=${`/batches/${figures.batch}`}>What is in it</a>
    </p>
    ${
      head.commands.retry === null
        ? html`<p>Mend the program and go on with this batch:</p>
            <${Command} text=${head.commands.goOn} />`
        : html`<p>Mend the program and deploy it: the batch is tried again at once. Once what it depends on is back, try it as it is:</p>
            <${Command} text=${head.commands.retry} />`
    }
    <p>or go on without this operator in this batch:</p>
    <${Command} text=${head.commands.skip} />
  <//>`
}

/** Why nobody knows how far behind it is, and what helps. */
function Unknown({ data: { head, behind } }: { readonly data: StreamingData }): VNode | null {
  if (behind.why === null || head.noClock !== null) return null
  return html`<${Note} kind="warn" title="Behind is not known">
    <p>${behind.why}</p>
    <${Command} text=${behind.off ? head.commands.resume : head.commands.status}
  /><//>`
}

function Card({
  name,
  value,
  hint,
  values,
}: {
  readonly name: string
  readonly value: string
  readonly hint?: string | null
  readonly values: readonly (number | null)[]
}): VNode {
  return html`<div class="card" title=${hint ?? undefined}>
    <dt>${name}</dt>
    <dd>
      <span class="value">${value}</span><${Sparkline} values=${values.slice(-60)} />${(hint ?? null) === null ? null : html`<span class="hint">${hint}</span>`}
    </dd>
  </div>`
}

function Numbers({ data, points, done }: { readonly data: StreamingData; readonly points: readonly Point[]; readonly done: readonly Point[] }): VNode {
  const { head, behind } = data
  const recent = done.slice(-60)
  const newest = done.at(-1)
  const processing = recent.flatMap(({ processing: ms }) => (ms === null ? [] : [ms]))
  const catchUp = timeToCatchUp(done)
  const withState = done.filter(({ figures }) => figures.keys !== null)
  const behindText =
    behind.why !== null
      ? head.noClock === null
        ? '?'
        : '-'
      : behind.ms === null
        ? '-'
        : `${behind.atLeast ? 'at least ' : ''}${behind.ms === 0 ? '0 s' : span(behind.ms)}`
  return html`<dl class="cards" aria-label="Now">
    <${Card} name="Records per second" value=${rate(mean(recent.slice(-10).map((point) => point.rate)))} values=${points.map((point) => point.rate)} />
    <${Card}
      name="Batch time"
      value=${span(quantile(processing, 0.5))}
      hint=${`p99 ${span(quantile(processing, 0.99))}`}
      values=${points.map((point) => point.processing)}
    />
    <${Card}
      name="Delay"
      value=${span(newest?.total)}
      hint=${head.noClock ?? `caught up in ${catchUp === null ? '-' : span(catchUp)}`}
      values=${points.map((point) => point.total)}
    />
    <${Card}
      name="Behind"
      value=${behindText}
      hint=${behind.why ?? (behind.worst === null ? (behind.writtenMs === null ? null : `receive wrote ${moment(behind.writtenMs)}`) : `worst: ${behind.worst}`)}
      values=${[]}
    />
    <${Card}
      name="Keys, state"
      value=${`${count(withState.at(-1)?.figures.keys ?? null)}`}
      hint=${bytes(done.at(-1)?.figures.stateBytes)}
      values=${points.map(({ figures }) => figures.keys)}
    />
    <${Card} name="Dead letters" value=${count(data.deadLetters)} values=${points.map(({ figures }) => figures.deadLetters)} />
  </dl>`
}

const STATES = {
  finished: 'finished',
  letters: 'finished, with dead letters',
  skipped: 'finished, with operators skipped',
  running: 'running',
  failed: 'stuck',
} as const

function Cells({ points }: { readonly points: readonly Point[] }): VNode {
  const shown = points.slice(-CELLS)
  return html`<nav class="cells" aria-label=${`The last ${shown.length} batches`}>
    ${shown.map(({ figures }) => {
      const state = stateOf(figures)
      const text = `Batch ${figures.batch}, ${moment(figures.timeMs)}: ${STATES[state]}`
      return html`<a key=${figures.batch} class=${`cell ${state}`} href=${`/batches/${figures.batch}`} title=${text} aria-label=${text}></a>`
    })}
  </nav>`
}

function Batches({ caption, points, head }: { readonly caption: string; readonly points: readonly Point[]; readonly head: JobHead }): VNode {
  const ops = ({ figures }: Point): VNode | string => {
    const { outputs, outputsDone } = figures
    if (outputs === null || outputsDone === null) return figures.finishedMs === null ? '-' : 'all'
    return html`<span class="ops"
      ><progress max=${Math.max(1, outputs)} value=${outputsDone} aria-label=${`${outputsDone} of ${outputs} succeeded`}></progress>
      ${outputsDone}/${outputs}</span
    >`
  }
  const columns: Column<Point>[] = [
    { name: 'Batch', by: ({ figures }) => figures.batch, cell: ({ figures }) => html`<a href=${`/batches/${figures.batch}`}>${figures.batch}</a>` },
    { name: 'Batch time', by: ({ figures }) => figures.timeMs, cell: ({ figures }) => moment(figures.timeMs) },
    { name: 'Records', right: true, by: ({ records }) => records, cell: ({ records }) => count(records) },
    { name: 'Scheduling delay', right: true, by: ({ scheduling }) => scheduling, cell: ({ scheduling }) => span(scheduling) },
    { name: 'Processing time', right: true, by: ({ processing }) => processing, cell: ({ processing }) => span(processing) },
    { name: 'Total delay', right: true, by: ({ total }) => total, cell: ({ total }) => span(total) },
    { name: 'Output ops', cell: ops },
    { name: 'Dead letters of tasks', right: true, by: ({ figures }) => figures.deadLetters, cell: ({ figures }) => count(figures.deadLetters) },
    {
      name: 'Status',
      cell: ({ figures }) =>
        html`<span class=${`status ${stateOf(figures)}`}
          >${figures.failure === null ? STATES[stateOf(figures)] : figures.failure.message.split('\n')[0]}</span
        >`,
    },
  ]
  void head
  return html`<${Table} caption=${caption} columns=${columns} rows=${points} rowId=${({ figures }: Point) => `batch-${figures.batch}`} />`
}
