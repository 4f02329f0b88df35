/** Returns a number of bytes as people read it: 812 B, 27.8 kB, 1.2 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** Returns a span of time as people read it: 0.3 s, 95 s, 12 min, 3.5 h. */
export function formatSpan(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`
}

/** Returns the time of day (UTC), with the date where it is not that of `nowMs`. `tenths`: of a second, too. */
export function formatMoment(ms: number, nowMs: number, { tenths = false }: { readonly tenths?: boolean } = {}): string {
  const [iso, now] = [new Date(ms).toISOString(), new Date(nowMs).toISOString()]
  const time = iso.slice(11, tenths ? 21 : 19)
  return iso.slice(0, 10) === now.slice(0, 10) ? time : `${iso.slice(0, 10)} ${time}`
}
