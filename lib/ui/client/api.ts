import { useEffect, useRef, useState } from 'preact/hooks'

export interface News {
  readonly run: string | null
  readonly newest: number
  readonly state: string
}

type Listener = (news: News | null) => void

/** Pages are read anew at most so often, ms. */
const EVERY_MS = 500

const listeners = new Set<Listener>()
let source: EventSource | undefined
let connected = false
const states = new Set<(connected: boolean) => void>()

/** Listens to the server while the tab is looked at. */
export function startLive(): void {
  const open = (): void => {
    source?.close()
    source = new EventSource('/events')
    source.addEventListener('news', (event) => tell(JSON.parse((event as MessageEvent<string>).data) as News))
    // Another run: what is shown is no longer true.
    source.addEventListener('reload', () => location.reload())
    source.addEventListener('open', () => setConnected(true))
    source.addEventListener('error', () => setConnected(false))
  }
  const close = (): void => {
    source?.close()
    source = undefined
  }
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return close()
    open()
    tell(null)
  })
  if (!document.hidden) open()
}

function tell(news: News | null): void {
  for (const listener of listeners) listener(news)
}

function setConnected(now: boolean): void {
  if (now && !connected) tell(null)
  connected = now
  for (const state of states) state(now)
}

export function useConnected(): boolean {
  const [now, set] = useState(true)
  useEffect(() => {
    states.add(set)
    return () => void states.delete(set)
  }, [])
  return now
}

export interface Loaded<T> {
  readonly data: T | undefined
  readonly error: string | undefined
}

/** Reads an address, and again when there are news, as long as the page that asks is shown. */
export function useApi<T>(path: string): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { readonly path: string }>({ path, data: undefined, error: undefined })
  const current = useRef(path)
  current.current = path
  useEffect(() => {
    let gone = false
    let busy = false
    let again = false
    let lastMs = -Infinity
    const load = (): void => {
      if (gone) return
      if (busy) {
        again = true
        return
      }
      busy = true
      void read<T>(path).then((loaded) => {
        busy = false
        lastMs = performance.now()
        if (gone || current.current !== path) return
        // What could be read stays while the server is away.
        setState((before) => ({ path, data: loaded.data ?? (before.path === path ? before.data : undefined), error: loaded.error }))
        if (again) {
          again = false
          soon()
        }
      })
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    const soon = (): void => {
      if (timer !== undefined) return
      timer = setTimeout(
        () => {
          timer = undefined
          load()
        },
        Math.max(0, lastMs + EVERY_MS - performance.now()),
      )
    }
    listeners.add(soon)
    load()
    return () => {
      gone = true
      clearTimeout(timer)
      listeners.delete(soon)
    }
  }, [path])
  return state.path === path ? state : { data: undefined, error: undefined }
}

async function read<T>(path: string): Promise<Loaded<T>> {
  try {
    const response = await fetch(path)
    if (!response.ok) return { data: undefined, error: (await response.text()).trim() }
    return { data: (await response.json()) as T, error: undefined }
  } catch {
    return { data: undefined, error: 'the process that showed this page is gone' }
  }
}
