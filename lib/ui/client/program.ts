import { useRef } from 'preact/hooks'
import type { VNode } from 'preact'
import type { DescribedPlan } from '../../plan/describe-plan.ts'
import type { Flow } from '../read-flow.ts'
import { useApi } from './api.ts'
import { count, cut, rate, span } from './format.ts'
import { html } from './html.ts'
import { layOut, type Box } from './lay-out.ts'
import { Empty, Table, Waiting, type Column } from './parts.ts'
import type { JobInfo } from './main.ts'

interface ProgramData {
  readonly plan: DescribedPlan | null
  readonly flow: Flow
}

export function Program(): VNode {
  const { data, error } = useApi<ProgramData>('/api/program')
  const { data: job } = useApi<JobInfo>('/api/job')
  if (data === undefined) return html`<${Waiting} error=${error} />`
  if (data.plan === null) return html`<${Empty}>The program is not at hand: this page was opened on logs alone.<//>`
  return html`<${Drawn} plan=${data.plan} flow=${data.flow} job=${job} />`
}

function Drawn({ plan, flow, job }: { readonly plan: DescribedPlan; readonly flow: Flow; readonly job: JobInfo | undefined }): VNode {
  const svg = useRef<SVGSVGElement>(null)
  const { boxes, arrows, width, height } = layOut(plan)
  const total = Object.values(flow.computeMs).reduce((a, b) => a + b, 0)
  const share = (stage: string): number | null => (total === 0 ? null : (flow.computeMs[stage] ?? 0) / total)
  const wallMs = job?.wallIntervalMs ?? null
  const rows = (uid: string): string => {
    const n = flow.rows[uid]
    if (n === undefined) return flow.batch === null ? '' : '0 rows'
    return wallMs === null ? `${count(n)} rows` : `${rate((n * 1000) / wallMs)} rows/s`
  }
  const save = (): void => {
    if (svg.current === null) return
    const copy = svg.current.cloneNode(true) as SVGSVGElement
    inlineStyles(svg.current, copy)
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([copy.outerHTML], { type: 'image/svg+xml' }))
    link.download = `${plan.job}.svg`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return html` <div class="bar">
      <p class="headline">${headline(plan, flow)}</p>
      <button type="button" onClick=${save}>Save as SVG</button>
    </div>
    <figure class="graph" tabindex="0" role="region" aria-label="Program">
      <svg
        ref=${svg}
        viewBox=${`0 0 ${width} ${height}`}
        width=${width}
        height=${height}
        role="img"
        aria-label=${`The program ${plan.job} in ${plan.stages.length} stages; the table below says the same`}
      >
        <defs>
          <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
            <path class="tip" d="M0 0L10 5L0 10z"></path>
          </marker>
        </defs>
        ${boxes.map((box) => html`<${Stage} key=${box.stage.uid} box=${box} share=${share(box.stage.uid)} ms=${flow.computeMs[box.stage.uid]} flow=${flow} />`)}
        ${arrows.map((arrow) => html`<g key=${arrow.uid}><path class="arrow" d=${arrow.path} marker-end="url(#arrow)"></path><text class="flow" x=${arrow.x} y=${arrow.y} text-anchor="middle">${rows(arrow.uid)}</text></g>`)}
      </svg>
    </figure>
    <section>
      <h2>Operators</h2>
      <${Table}
        caption="Operators"
        size=${50}
        columns=${columnsOf(flow)}
        rows=${plan.stages.flatMap((stage) => stage.operators.map((operator) => ({ stage: stage.uid, ...operator })))}
      />
    </section>
    <section>
      <h2>Shuffles</h2>
      <${Table}
        caption="Shuffles"
        columns=${[
          { name: 'From', cell: (x: Shuffle) => html`<code>${x.fromOperator}</code>` },
          { name: 'To', cell: (x: Shuffle) => x.toOperators.map((uid) => html`<code>${uid}</code> `) },
          { name: 'Rows spread', cell: (x: Shuffle) => `by ${x.spread}${x.combined ? ', combined before' : ''}` },
          { name: 'Rows', right: true, cell: (x: Shuffle) => rows(x.uid) },
        ]}
        rows=${plan.shuffles}
      />
    </section>`
}

type Shuffle = DescribedPlan['shuffles'][number]
type OperatorRow = DescribedPlan['stages'][number]['operators'][number] & { readonly stage: string }

function columnsOf(flow: Flow): readonly Column<OperatorRow>[] {
  return [
    { name: 'Stage', by: ({ stage }) => stage, cell: ({ stage }) => html`<code>${stage}</code>` },
    { name: 'Operator', by: ({ kind }) => kind, cell: ({ kind }) => kind },
    { name: 'uid', cell: ({ uid }) => html`<code>${uid}</code>` },
    { name: 'In the program', cell: ({ file, line }) => (file === null ? '-' : html`<code>${file}:${line}</code>`) },
    { name: 'Keys', right: true, cell: ({ uid, stateful }) => (stateful ? count(flow.keys[uid] ?? 0) : '') },
  ]
}

function Stage({ box, share, ms, flow }: { readonly box: Box; readonly share: number | null; readonly ms: number | undefined; readonly flow: Flow }): VNode {
  const { stage, x, y, width, height } = box
  const heat = share === null ? 0 : share > 0.66 ? 3 : share > 0.33 ? 2 : 1
  const title = stage.uid === 'receive' ? 'receive (stage 0)' : stage.uid
  const side = share === null ? (stage.uid === 'receive' ? '' : '') : stage.uid === 'receive' ? '' : `${Math.round(share * 100)} % of time · ${span(ms)}`
  return html`<g
    ><rect class=${`stage heat${heat}`} x=${x} y=${y} width=${width} height=${height} rx="10"></rect> <text class="title" x=${x + 14} y=${y + 23}>${title}</text
    ><text class="sub" x=${x + width - 14} y=${y + 23} text-anchor="end">${side}</text> ${stage.operators.map((operator, i) => {
      const top = y + 36 + i * 42
      const place = operator.file === null ? '' : `${operator.file.split('/').at(-1) ?? ''}:${operator.line}`
      const own = operator.uid.startsWith(`${operator.kind}-`) ? '' : operator.uid
      const keys = operator.stateful ? `${count(flow.keys[operator.uid] ?? 0)} keys` : ''
      return html`<g key=${operator.uid}
        ><rect
          class=${`operator ${operator.output ? 'out' : operator.stateful ? 'keeps' : ''}`}
          x=${x + 12}
          y=${top}
          width=${width - 24}
          height="36"
          rx="6"
        ></rect>
        <text class="kind" x=${x + 22} y=${top + 15}>${operator.kind}<tspan class="uid" dx="6">${cut(own, 26)}</tspan></text>
        <text class="place" x=${x + 22} y=${top + 29}>${cut(place, 40)}</text
        ><text class="place" x=${x + width - 22} y=${top + 29} text-anchor="end">${keys}</text></g
      >`
    })}</g
  >`
}

/** A saved picture has no style sheet: what it looks like goes into it. */
function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from)
  for (const name of ['fill', 'stroke', 'stroke-width', 'font-size', 'font-family', 'font-weight', 'stroke-dasharray'])
    to.setAttribute(name, style.getPropertyValue(name))
  for (const [i, child] of [...from.children].entries()) {
    const twin = to.children[i]
    if (twin !== undefined) inlineStyles(child, twin)
  }
}

function headline(plan: DescribedPlan, { batch, batches }: Flow): string {
  const [stages, shuffles] = [plan.stages.length - 1, plan.shuffles.length]
  const of = batch === null ? '' : `; rows of batch ${batch}, time of the last ${batches} batches`
  return `${stages} ${stages === 1 ? 'stage' : 'stages'} after receive, ${shuffles} ${shuffles === 1 ? 'shuffle' : 'shuffles'}${of}`
}
