import type { VNode } from 'preact'
import { html } from './html.ts'
import { Empty } from './parts.ts'

export function Dashboard(): VNode {
  return html`<${Empty}>The program declares no plots.<//>`
}
