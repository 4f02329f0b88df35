import { useEffect, useState } from 'preact/hooks'

const changed = new Set<() => void>()

/** Shows another page of this one, without loading anew. */
export function go(path: string): void {
  history.pushState(null, '', path)
  scrollTo(0, 0)
  for (const tell of changed) tell()
}

/** Lets links to the page's own addresses do so. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (link === null || !plain || link.origin !== location.origin || link.hasAttribute('download') || link.target !== '') return
    if (link.hash !== '' && link.pathname === location.pathname) return
    event.preventDefault()
    go(link.pathname + link.search)
    document.querySelector<HTMLElement>('main')?.focus()
  })
  addEventListener('popstate', () => {
    for (const tell of changed) tell()
  })
}

export function usePath(): string {
  const [path, set] = useState(location.pathname)
  useEffect(() => {
    const tell = (): void => set(location.pathname)
    changed.add(tell)
    return () => void changed.delete(tell)
  }, [])
  return path
}
