import { render, type VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { JobHead } from '../viewed-job.ts'
import { startLive, useApi, useConnected } from './api.ts'
import { Batch } from './batch.ts'
import { DashboardPage } from './dashboard.ts'
import { DeadLettersPage } from './dead-letters.ts'
import { html } from './html.ts'
import { Inputs } from './inputs.ts'
import { Outputs } from './outputs.ts'
import { Empty } from './parts.ts'
import { Program } from './program.ts'
import { followLinks, usePath } from './route.ts'
import { StatePage } from './state.ts'
import { Streaming } from './streaming.ts'

export interface JobInfo extends JobHead {
  readonly run: string | null
  readonly hasProgram: boolean
}

const PAGES: readonly (readonly [path: string, name: string, show: () => VNode])[] = [
  ['/', 'Streaming', () => html`<${Streaming} />`],
  ['/program', 'Program', () => html`<${Program} />`],
  ['/inputs', 'Inputs', () => html`<${Inputs} />`],
  ['/state', 'State', () => html`<${StatePage} />`],
  ['/dashboard', 'Dashboard', () => html`<${DashboardPage} />`],
  ['/outputs', 'Outputs', () => html`<${Outputs} />`],
  ['/dead-letters', 'Dead letters', () => html`<${DeadLettersPage} />`],
]

const STATES = { running: 'Running', ended: 'Ended', failed: 'Failed' } as const

function App(): VNode {
  const path = usePath()
  const connected = useConnected()
  const { data } = useApi<JobInfo>('/api/job')
  const batch = /^\/batches\/(\d+)$/.exec(path)?.[1]
  const page = PAGES.find(([at]) => at === path)
  const title = batch === undefined ? (page?.[1] ?? 'Not found') : `Batch ${batch}`
  useEffect(() => {
    document.title = data === undefined ? `${title} · Millrace` : `${title} · ${data.job} · Millrace`
  }, [title, data?.job])
  const state = !connected ? 'away' : (data?.state ?? 'running')
  return html`<a class="skip-link" href="#main">To the content</a>
    <header>
      <div class="brand">
        <img src="/client/icon.svg" alt="" width="26" height="26" /><span class="name">Millrace</span><span class="job">${data?.job ?? ''}</span>
      </div>
      <nav aria-label="Pages">
        ${PAGES.map(([at, name]) => html`<a key=${at} href=${at} aria-current=${at === path || (at === '/' && batch !== undefined) ? 'page' : undefined}>${name}</a>`)}
      </nav>
      <span class=${`pill ${state}`} role="status"><span class="dot" aria-hidden="true"></span>${state === 'away' ? 'Not connected' : STATES[state]}</span>
    </header>
    <main id="main" tabindex="-1">
      <h1>${title}</h1>
      ${batch !== undefined ? html`<${Batch} key=${batch} number=${batch} />` : (page?.[2]() ?? html`<${Empty}>There is no such page.<//>`)}
    </main>
    <footer>Times are UTC. This page only reads.</footer>`
}

followLinks()
startLive()
const root = document.getElementById('app')
if (root !== null) render(html`<${App} />`, root)
