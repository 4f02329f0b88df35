/** Returns a whole number with thin spaces between thousands; '-' for what is not known. */
export function count(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return '-'
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u202f')
}

export function rate(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return '-'
  return n >= 100 ? count(n) : n >= 10 ? n.toFixed(1) : n === 0 ? '0' : n.toFixed(2)
}

/** Returns a span of time as people read it. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '-'
  if (ms < 0) return `-${span(-ms)}`
  if (ms < 10) return `${ms < 1 && ms > 0 ? ms.toFixed(1) : Math.round(ms * 10) / 10} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 7_200_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return '-'
  if (n < 1_000) return `${n} B`
  return n < 1_000_000 ? `${(n / 1_000).toFixed(1)} kB` : `${(n / 1_000_000).toFixed(1)} MB`
}

/** Returns a moment as time of day (UTC), with the date where it is not today's. */
export function moment(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '-'
  const iso = new Date(ms).toISOString()
  const today = new Date().toISOString().slice(0, 10)
  return iso.slice(0, 10) === today ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11, 19)}`
}

export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
}

/** Returns a number as a program has it, in at most six digits. */
export function figure(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return n === undefined || n === null ? '-' : String(n)
  if (Number.isInteger(n) && Math.abs(n) < 1e15) return n < 0 ? `-${count(-n)}` : count(n)
  const size = Math.abs(n)
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? n.toPrecision(4) : String(Number(n.toPrecision(6)))
}

/** Returns a text that is too long for where it stands with an ellipsis. */
export function cut(text: string, length = 80): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
