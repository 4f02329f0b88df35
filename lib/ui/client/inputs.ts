import type { VNode } from 'preact'
import type { JobStatus, ShardStatus, SourceStatus } from '../../tools/job-status.ts'
import type { PartitionBehind } from '../../tools/read-behind.ts'
import type { StreamingData } from './streaming.ts'
import { useApi } from './api.ts'
import { Sparkline } from './charts.ts'
import { pointsOf, timeToCatchUp } from './figures.ts'
import { count, moment, rate, span } from './format.ts'
import { html } from './html.ts'
import { Empty, Note, Table, Waiting, type Column } from './parts.ts'

interface InputsData {
  readonly status: JobStatus
  readonly behind: readonly PartitionBehind[]
}

interface Row extends ShardStatus {
  readonly behind: PartitionBehind | undefined
}

export function Inputs(): VNode {
  const { data, error } = useApi<InputsData>('/api/inputs')
  const { data: streaming } = useApi<StreamingData>('/api/streaming?last=60')
  if (data === undefined) return html`<${Waiting} error=${error} />`
  const rows = data.status.shards.map((shard): Row => ({
    ...shard,
    behind: data.behind.find((one) => one.stream === shard.stream && one.shard === shard.shard),
  }))
  const unknown = [...new Set(data.behind.flatMap(({ stream, why }) => (why === null ? [] : [`${stream}: ${why}`])))]
  return html` ${data.status.warnings.map((warning) => html`<${Note} kind="warn"><p>${warning}</p><//>`)}
    ${streaming === undefined ? null : html`<${Streams} data=${streaming} />`}
    ${
      unknown.length === 0 || (streaming?.head.noClock ?? null) !== null
        ? null
        : html`<${Note} kind="warn" title="Behind is not known"
            ><ul>
              ${unknown.map((text) => html`<li>${text}</li>`)}
            </ul><//
          >`
    }
    <section>
      <h2>Input partitions <small>${count(rows.length)}</small></h2>
      ${rows.length === 0 ? html`<${Empty}>No input partition has delivered yet.<//>` : html`<${Table} caption="Input partitions" columns=${COLUMNS} rows=${rows} size=${32} rowId=${({ stream, shard }: Row) => `${stream}/${shard}`} />`}
    </section>
    ${
      data.status.sources.length === 0
        ? null
        : html`<section>
            <h2>Event source mappings</h2>
            <${Table} caption="Event source mappings" columns=${SOURCES} rows=${data.status.sources} />
          </section>`
    }`
}

function Streams({ data }: { readonly data: StreamingData }): VNode {
  const points = pointsOf(data.page.batches, data.head)
  const streams = [...new Set(points.flatMap(({ figures }) => Object.keys(figures.records ?? {})))]
  const catchUp = timeToCatchUp(points.filter(({ figures }) => figures.finishedMs !== null))
  return html`<dl class="cards">
    ${streams.map((stream) => {
      const values = points.map(({ figures, rate: all, records }) =>
        all === null || records === null ? null : records === 0 ? 0 : (all * (figures.records?.[stream] ?? 0)) / records,
      )
      const recent = values.slice(-10).filter((value): value is number => value !== null)
      const average = recent.length === 0 ? null : recent.reduce((a, b) => a + b, 0) / recent.length
      return html`<div class="card" key=${stream}>
        <dt>${stream}</dt>
        <dd>
          <span class="value">${rate(average)} rec/s</span><${Sparkline} values=${values} /><span class="hint"
            >caught up in ${catchUp === null ? '-' : span(catchUp)}</span
          >
        </dd>
      </div>`
    })}
  </dl>`
}

function behindOf({ behind }: Row): string {
  if (behind === undefined) return '-'
  if (behind.ms === null) return '?'
  return `${behind.atLeast ? 'at least ' : ''}${behind.ms === 0 ? '0 s' : span(behind.ms)}`
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'Stream', by: ({ stream }) => stream, cell: ({ stream }) => stream },
  { name: 'Partition', by: ({ shard }) => shard, cell: ({ shard }) => html`<code>${shard}</code>` },
  { name: 'Last record', by: ({ lastRecordMs }) => lastRecordMs, cell: ({ lastRecordMs }) => moment(lastRecordMs) },
  { name: 'Behind', right: true, by: ({ behind }) => behind?.ms ?? null, cell: behindOf },
  { name: 'Receive wrote', cell: ({ behind }) => moment(behind?.writtenMs) },
  { name: 'Entries not taken', right: true, by: ({ entriesNotTaken }) => entriesNotTaken, cell: ({ entriesNotTaken }) => count(entriesNotTaken) },
]

const SOURCES: readonly Column<SourceStatus>[] = [
  { name: 'Name', cell: ({ kind, name }) => `${kind} ${name}` },
  { name: 'State', cell: ({ state }) => state },
  { name: 'Last result', cell: ({ lastResult }) => lastResult },
]
