import { useEffect, useState } from 'preact/hooks'
import type { ComponentChildren, VNode } from 'preact'
import { html } from './html.ts'
import { count } from './format.ts'

/** A command to copy: nothing on this page changes a job. */
export function Command({ text }: { readonly text: string | null | undefined }): VNode | null {
  const [copied, setCopied] = useState(false)
  if (text === null || text === undefined) return null
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  }
  return html`<div class="command"><code data-command>${text}</code><button type="button" onClick=${copy}>${copied ? 'Copied' : 'Copy'}</button></div>`
}

export function Note({ kind = 'info', title, children }: { readonly kind?: string; readonly title?: string; readonly children?: ComponentChildren }): VNode {
  return html`<section class=${`note ${kind}`} role=${kind === 'bad' ? 'alert' : 'status'}>
    ${title === undefined ? null : html`<h2>${title}</h2>`}${children}
  </section>`
}

export function Empty({ children }: { readonly children?: ComponentChildren }): VNode {
  return html`<p class="empty">${children}</p>`
}

/** What a page shows until its data is there, or where it cannot be read. */
export function Waiting({ error }: { readonly error: string | undefined }): VNode {
  return error === undefined ? html`<p class="empty" role="status">Loading …</p>` : html`<${Note} kind="bad" title="This cannot be read"><p>${error}</p><//>`
}

export interface Column<T> {
  readonly name: string
  readonly right?: boolean
  readonly cell: (row: T) => ComponentChildren
  /** What is sorted by; left out: the column is not sorted by. */
  readonly by?: (row: T) => number | string | null
}

interface TableProps<T> {
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly size?: number
  readonly rowId?: (row: T) => string
}

/** A table in pages, sorted by a column where one is chosen. */
export function Table<T>({ caption, columns, rows, size = 20, rowId }: TableProps<T>): VNode {
  const [sort, setSort] = useState<{ readonly column: number; readonly down: boolean } | undefined>(undefined)
  const [page, setPage] = useState(0)
  const pages = Math.max(1, Math.ceil(rows.length / size))
  useEffect(() => {
    if (page >= pages) setPage(pages - 1)
  }, [pages])
  const by = sort === undefined ? undefined : columns[sort.column]?.by
  const sorted = by === undefined ? rows : [...rows].sort((a, b) => compare(by(a), by(b)) * (sort?.down === true ? -1 : 1))
  const shown = sorted.slice(page * size, (page + 1) * size)
  const head = (column: Column<T>, i: number): VNode => {
    const state = sort?.column !== i ? 'none' : sort.down ? 'descending' : 'ascending'
    const click = (): void => setSort(sort?.column === i ? { column: i, down: !sort.down } : { column: i, down: true })
    return html`<th scope="col" class=${column.right === true ? 'right' : ''} aria-sort=${column.by === undefined ? undefined : state}>
      ${column.by === undefined ? column.name : html`<button type="button" onClick=${click}>${column.name}<span aria-hidden="true" class="arrow">${state === 'none' ? '' : state === 'descending' ? ' ↓' : ' ↑'}</span></button>`}
    </th>`
  }
  const go = (to: number): void => setPage(Math.max(0, Math.min(pages - 1, to)))
  return html`<div class="table" role="region" aria-label=${caption} tabindex="0">
      <table>
        <caption class="hidden">
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map(head)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row) =>
              html`<tr key=${rowId?.(row)} id=${rowId?.(row)}>
                ${columns.map((column) => html`<td class=${column.right === true ? 'right' : ''}>${column.cell(row)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      pages === 1
        ? null
        : html`<nav class="pager" aria-label=${`Pages of ${caption}`}>
            <button type="button" disabled=${page === 0} onClick=${() => go(page - 1)}>Previous</button>
            <span>${count(page * size + 1)} – ${count(Math.min(rows.length, (page + 1) * size))} of ${count(rows.length)}</span>
            <button type="button" disabled=${page === pages - 1} onClick=${() => go(page + 1)}>Next</button>
          </nav>`
    }`
}

function compare(a: number | string | null, b: number | string | null): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return a < b ? -1 : 1
}
