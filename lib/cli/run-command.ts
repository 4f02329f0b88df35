import { MillraceError } from '../values/errors.ts'
import { catchLeftBehind } from '../values/left-behind.ts'
import type { EmbeddedInput, EmbeddedOptions } from '../embedded/embedded-options.ts'
import { parseStart } from '../embedded/inputs/parse-date.ts'
import { TIME_OUTLIERS } from '../embedded/inputs/record-rule.ts'
import { runEmbedded } from '../embedded/run-embedded.ts'
import type { Job } from '../program/job.ts'
import type { CommandBody, CommandIo } from './command.ts'
import { pageOf, withPage } from './run-page.ts'
import { loadJob } from './load-job.ts'
import { durationMs, oneOf, onlyFile, parseOptions, positiveNumber, wholeNumber } from './parse-options.ts'
import { streamInputs } from './stream-inputs.ts'
import { watchedBy } from './watched-by.ts'

const OPTIONS = {
  input: { type: 'string', multiple: true },
  speed: { type: 'string' },
  rate: { type: 'string' },
  shards: { type: 'string' },
  partitions: { type: 'string' },
  state: { type: 'string' },
  output: { type: 'string' },
  drain: { type: 'string' },
  start: { type: 'string' },
  key: { type: 'string' },
  time: { type: 'string' },
  'time-scale': { type: 'string' },
  'time-unit': { type: 'string' },
  'time-outliers': { type: 'string' },
  continue: { type: 'boolean' },
  'until-end': { type: 'boolean' },
  show: { type: 'string' },
  ui: { type: 'string' },
  'ui-port': { type: 'string' },
} as const

const HELP = `FILE.ts exports the job (export default defineJob(...)). Its state is kept in --state: killed at any time and started again with the
same command the run goes on, and its files are those of a run that nobody disturbed. A finished run starts over, its output moved aside.

  --input FILE|-         records, one a line (or a .json file with an array); gzip and zstd are told by content; several files
                         (--input once for each, or a pattern: 'logs/*.gz') come in the order of their names; - is the standard input
  --input NAME=FILE|-    the same for one of several streams
  --continue             begin a new input on the state of a finished run: today's file on yesterday's totals
  --until-end            of a receiverStream: end where it has no more at the moment; without it, it is asked until Ctrl-C
  --speed N|max          seconds of stream time that pass in a second; max (the default) does not wait. A folder
                         (textFileStream) is watched until the run is stopped; with max it is read as it is now. With a
                         number lines of the standard input arrive when they arrive, unless --rate or --time says when
  --rate N               records that arrive in a second of stream time (1000)
  --time FIELD           records arrive by the date in this field (or path: meta.ts) of JSON lines instead
  --time-unit UNIT       with --time: what numbers count: s, ms, us or ns (what the first one looks like)
  --time-outliers WHAT   with --time: a record whose date is more than a year from all others arrives with the line before
                         (keep, the default), is left out (drop), ends the run (fail), or is believed (believe)
  --time-scale N         with --time: how much faster than their dates they arrive (1)
  --key FIELD            field of JSON lines that is the partition key; without it each line has its own
  --shards N             simulated shards of each stream (1)
  --partitions N         numPartitions in place of the program's
  --state DIR            where the state is kept (./.millrace)
  --output DIR           where results are written (./out)
  --start TIME           when stream time begins: a date (UTC without a zone) or epoch milliseconds (now)
  --drain DURATION       go on for this much stream time after the end of the input: 90s, 10m, 2h
  --show PREFIX          in a terminal, show the newest rows of saveAsJsonFiles(PREFIX)
  --ui off               no web page; otherwise it is at 127.0.0.1:4040, or the next free port, while the run goes on, and in a
                         terminal until Ctrl-C
  --ui-port PORT         the page's port, and no other
  --help                 this text

After the last record the run goes on to the first batch at which every window slides, and ends.`

export const runCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('run', args, OPTIONS)
    const file = onlyFile('run', positionals)
    const options: EmbeddedOptions = {
      untilEnd: values['until-end'],
      speed: values.speed === 'max' ? Infinity : positiveNumber('--speed', values.speed, ', nor max'),
      rate: positiveNumber('--rate', values.rate),
      shards: wholeNumber('--shards', values.shards, 1, 1000),
      partitions: wholeNumber('--partitions', values.partitions, 1, 64),
      state: values.state,
      output: values.output,
      drainMs: durationMs('--drain', values.drain),
      startMs: values.start === undefined ? undefined : parseStart(values.start),
      keyField: values.key,
      timeField: values.time,
      timeUnit: oneOf('--time-unit', values['time-unit'], ['s', 'ms', 'us', 'ns']),
      timeOutliers: oneOf('--time-outliers', values['time-outliers'], TIME_OUTLIERS),
      continue: values.continue,
      timeScale: positiveNumber('--time-scale', values['time-scale']),
      show: values.show,
    }
    if (options.timeField === undefined)
      for (const option of ['time-scale', 'time-unit', 'time-outliers'] as const)
        if (values[option] !== undefined) throw new MillraceError('USAGE', `--${option} needs --time: it is about the dates of that field`)
    const page = pageOf(values)
    const job = await loadJob(file)
    catchLeftBehind(process, ({ name, message, stack }) =>
      process.stderr.write(
        `warning: a function of the program has left behind what failed later on, and nobody waits for it: ${stack === '' ? `${name}: ${message}` : stack}\n`,
      ),
    )
    return withPage(page, io, async () => {
      const { allDead } = await runEmbedded(job, { ...options, file, inputs: inputsOf(job, values.input ?? [], io), ...watchedBy(io), page })
      return allDead ? 1 : 0
    })
  },
}

/** What each stream reads. */
function inputsOf(job: Job, texts: readonly string[], io: CommandIo): Readonly<Record<string, EmbeddedInput>> {
  const inputs = streamInputs(job.name, job.streams, texts)
  return Object.fromEntries(inputs.map(({ stream, paths }): [string, EmbeddedInput] => [stream, paths[0] === '-' ? { stdin: io.stdin } : { path: paths }]))
}
