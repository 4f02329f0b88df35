import { createInterface } from 'node:readline/promises'
import { formatCsv, formatJson, formatLines, formatTable } from '../query/format-answer.ts'
import { MillraceError } from '../values/errors.ts'
import { askChild } from './ask-child.ts'
import { AWS_HELP, AWS_OPTIONS, useAws } from './aws-options.ts'
import type { CommandBody, CommandIo } from './command.ts'
import { durationMs, parseOptions, wholeNumber } from './parse-options.ts'
import type { QueryReply, QueryRequest } from './query-child.ts'

const OPTIONS = {
  ...AWS_OPTIONS,
  state: { type: 'string' },
  csv: { type: 'boolean' },
  last: { type: 'string' },
  since: { type: 'string' },
  timeout: { type: 'string' },
} as const

/** Batches that are read unless told otherwise. */
const LAST = 100
const TIMEOUT_MS = 60_000

const HELP = `Asks a job about its outputs and its state, by a select (SQLite's). It only reads, beside the running job. Without a question it shows a prompt.

  files."PREFIX"         an output: its rows' fields (of pairs key and value), batch_time, partition; also by the plain name where that is unique
  state."UID"            an operator's state: key, value, and of windows pane_end; also state_UID
  batches, dead_letters, inputs

  --state DIR            a run of millrace run, in place of a job on AWS; it may be running
  --last N               batches to read (${LAST})
  --since DURATION       only those of this time: 30m, 2h
  --timeout DURATION     end the question after this time (60s)
  --csv                  CSV in place of text
${AWS_HELP}`

export const queryCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('query', args, OPTIONS)
    const [job, sql, extra] = positionals
    if (job === undefined) throw new MillraceError('USAGE', 'query needs the name of a job, e.g. millrace query word-count "select * from batches"')
    if (extra !== undefined) throw new MillraceError('USAGE', `query takes a job and one question, and got '${extra}', too: put the question into quotes`)
    // Here, too: a place that cannot be is said before a process is started.
    if (values.state === undefined) useAws(values, process.env)
    const sinceMs = durationMs('--since', values.since)
    const timeoutMs = durationMs('--timeout', values.timeout) ?? TIMEOUT_MS
    let last = wholeNumber('--last', values.last, 1, 100_000) ?? LAST
    const { local, profile, region, state } = values
    const ask = (question: string | undefined, signal?: AbortSignal): Promise<QueryReply> => {
      const request: QueryRequest = {
        job,
        place: { local, profile, region, state },
        sql: question,
        last,
        sinceMs: sinceMs === undefined ? undefined : Date.now() - sinceMs,
      }
      return askChild(request, { timeoutMs, ...(signal === undefined ? {} : { signal }) })
    }
    const format = values.json === true ? 'json' : values.csv === true ? 'csv' : io.stdout.isTTY === true ? 'table' : 'lines'
    if (sql === undefined) return prompt(job, ask, (n) => (last = n), io)
    const stopped = new AbortController()
    const stop = (): void => stopped.abort()
    process.once('SIGINT', stop)
    try {
      const start = io.now()
      show(await ask(sql, stopped.signal), format, io, io.now() - start)
    } finally {
      process.removeListener('SIGINT', stop)
    }
    return 0
  },
}

function show(reply: QueryReply, format: 'json' | 'csv' | 'table' | 'lines', { stdout }: CommandIo, ms: number): void {
  const { answer } = reply
  if (answer === undefined) return
  const lines =
    format === 'json'
      ? formatJson(answer)
      : format === 'csv'
        ? formatCsv(answer)
        : format === 'lines'
          ? formatLines(answer)
          : formatTable(answer, stdout.columns ?? 80)
  for (const line of lines) stdout.write(`${line}\n`)
  if (format === 'table') for (const line of footer(reply, ms)) stdout.write(`${line}\n`)
}

function footer({ answer, bytes, batches, stateMs, leftOut }: QueryReply, ms: number): readonly string[] {
  const state = stateMs === null ? '' : `; state of the batch of ${new Date(stateMs).toISOString()}`
  const rows = answer?.rows.length ?? 0
  return [
    `(${rows} ${rows === 1 ? 'row' : 'rows'}, ${(ms / 1000).toFixed(2)} s; ${batches} batches, ${(bytes / 1e6).toFixed(2)} MB read${state})`,
    ...leftOut.map((what) => `left out: ${what}`),
  ]
}

/** Questions from a terminal, until its input ends. */
async function prompt(
  job: string,
  ask: (sql: string | undefined, signal?: AbortSignal) => Promise<QueryReply>,
  setLast: (n: number) => void,
  io: CommandIo,
): Promise<number> {
  const { tables } = await ask(undefined)
  const words = [
    ...new Set([
      ...tables.flatMap(([name, columns]) => [name, ...columns]),
      '.tables',
      '.schema',
      '.last',
      '.exit',
      'select',
      'from',
      'where',
      'group by',
      'order by',
      'limit',
    ]),
  ]
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: io.stdout.isTTY === true,
    completer: (line: string): [string[], string] => {
      const begun = /[\w."]*$/.exec(line)?.[0] ?? ''
      return [words.filter((word) => word.startsWith(begun)), begun]
    },
  })
  let running: AbortController | undefined
  let closed = false
  lines.on('close', () => (closed = true))
  lines.on('SIGINT', () => (running === undefined ? lines.close() : running.abort()))
  lines.setPrompt(`${job}> `)
  lines.prompt()
  for await (const line of lines) {
    const text = line.trim()
    try {
      if (text === '.exit' || text === '.quit') break
      if (text === '.tables') for (const [name] of tables) io.stdout.write(`${name}\n`)
      else if (text === '.schema') for (const [name, columns] of tables) io.stdout.write(`${name} (${columns.join(', ')})\n`)
      else if (text.startsWith('.last')) setLast(wholeNumber('.last', text.slice(5).trim(), 1, 100_000) ?? LAST)
      else if (text.startsWith('.')) io.stdout.write('there are .tables, .schema, .last N and .exit\n')
      else if (text !== '') {
        running = new AbortController()
        const start = io.now()
        show(await ask(text, running.signal), io.stdout.isTTY === true ? 'table' : 'lines', io, io.now() - start)
      }
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      io.stdout.write(`${error.message}\n`)
    } finally {
      running = undefined
    }
    if (!closed) lines.prompt()
  }
  lines.close()
  return 0
}
