import { formatCount } from './format-count.ts'
import { formatShare } from './format-share.ts'
import type { Resumption, RunHeader, RunStatus, RunSummary } from './run-status.ts'

/** The lines above everything: what runs, and where. */
export function formatHeader(header: RunHeader): readonly string[] {
  const { job, shards, intervalMs, speed, state, output, movedTo } = header
  const lines = [
    `${job} · embedded · ${shards} ${shards === 1 ? 'shard' : 'shards'} · batch ${formatInterval(intervalMs)} · clock ${speed === Infinity ? 'as fast as it goes' : `x${speed}`} · state ${state} · output ${output}`,
  ]
  if (header.page !== undefined) lines.push(`page: ${header.page}`)
  if (movedTo !== undefined) lines.push(`the run before has finished: this one starts over, the old output is in ${movedTo}`)
  return lines
}

export function formatResumption({ job, batch, batchesInAll, records, countedTwice }: Resumption): string {
  const of = batchesInAll === undefined ? '' : ` of ${formatCount(batchesInAll)}`
  return `resumed ${job} at batch ${formatCount(batch)}${of} (${formatCount(records)} records committed, ${formatCount(countedTwice)} counted twice)`
}

/** Says how far the run is, in one line or, where it is wider than `columns`, in several. */
export function formatStatus(status: RunStatus, options: { readonly bar: boolean; readonly columns: number }): readonly string[] {
  const { records, recordsInAll, batchMs, delayMs } = status
  const parts = [`batch ${formatCount(status.batches)}${status.atMs === undefined ? '' : `  ${formatMoment(status.atMs, status.unit)}`}`]
  if (recordsInAll !== undefined) parts.push(`${formatCount(recordsInAll)} records ${formatShare(records, recordsInAll, options)}`)
  parts.push(`${formatCount(records)} in`, `${formatCount(status.recordsPerSecond)} rec/s`, `batch ${formatMs(batchMs.p50)} ms (p99 ${formatMs(batchMs.p99)})`)
  if (delayMs !== undefined) parts.push(`delay ${formatSeconds(delayMs.p50)} s (p99 ${formatSeconds(delayMs.p99)})`)
  parts.push(`dead ${formatCount(status.deadLetters)}`)
  return fold(parts, options.columns)
}

/** As many parts in a line as fit. */
function fold(parts: readonly string[], columns: number): readonly string[] {
  const lines: string[] = []
  for (const part of parts) {
    const longer = `${lines.at(-1) ?? ''}${lines.length === 0 ? ' ' : '   '}${part}`
    if (lines.length > 0 && longer.length > columns) lines.push(` ${part}`)
    else lines[Math.max(0, lines.length - 1)] = longer
  }
  return lines
}

export function formatSummary({ records, batches, deadLetters, firstErrors, allDead, deadLetterFile, results }: RunSummary): readonly string[] {
  const dead = `${formatCount(deadLetters)} dead ${deadLetters === 1 ? 'letter' : 'letters'}`
  return [
    `done: ${formatCount(records)} ${records === 1 ? 'record' : 'records'}, ${formatCount(batches)} ${batches === 1 ? 'batch' : 'batches'}, ${dead}${results.length === 0 ? '' : ` · results in ${results.join(', ')}`}`,
    ...firstErrors.map(({ operator, error, count }) => `  ${operator}: ${error}${count === 1 ? '' : ` (the first of ${formatCount(count)})`}`),
    ...(allDead ? ['no record was good: every one of them became a dead letter'] : []),
    ...(deadLetters === 0 ? [] : [`dead letters, each with its record and error: ${deadLetterFile}`]),
  ]
}

function formatInterval(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function formatMoment(ms: number, unit: 'day' | 'second'): string {
  const date = new Date(ms)
  const day = `${String(date.getUTCDate()).padStart(2)} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`
  return unit === 'day' ? day : date.toISOString().slice(11, 19)
}

function formatMs(ms: number): string {
  return ms < 10 ? String(Math.round(ms * 10) / 10) : formatCount(Math.round(ms))
}

function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}
