import { openInputFiles } from '../embedded/inputs/input-files.ts'
import { plainBytes } from '../embedded/inputs/plain-bytes.ts'
import { readLines } from '../embedded/inputs/read-lines.ts'
import { MillraceError } from '../values/errors.ts'
import { produceLines, type LinesToPut, type ProduceStatus } from '../tools/produce-lines.ts'
import { formatProduced, ProduceView } from '../tools/produce-view.ts'
import { AWS_HELP, AWS_OPTIONS, type Place } from './aws-options.ts'
import type { CommandBody, CommandIo } from './command.ts'
import { loadClients } from './load-clients.ts'
import { lookUp, onAws, onlyJob } from './open-job.ts'
import { parseOptions, positiveNumber } from './parse-options.ts'
import { streamInputs, type StreamInput } from './stream-inputs.ts'

const OPTIONS = {
  ...AWS_OPTIONS,
  stream: { type: 'string' },
  input: { type: 'string', multiple: true },
  rate: { type: 'string' },
  'partition-key': { type: 'string' },
} as const

const HELP = `Puts each line of an input as one record, to the stream of a job or to any other. What a shard refuses is put again.

  --input FILE|-         records, one a line (or a .json file with an array); gzip and zstd are told by content; several files
                         (once for each, or a pattern: 'logs/*.gz') come in the order of their names; - is the standard input
  --input NAME=FILE|-    the same for one of several streams of the job; once for each
  --stream NAME          a stream by its name or ARN, in place of a job
  --rate N               records a second, of each stream (as fast as its shards take them: 1,000 and 1 MB a second each)
  --partition-key FIELD  field of JSON lines that is the partition key; without it each line has its own
${AWS_HELP}`

interface Target extends StreamInput {
  /** Name or ARN. */
  readonly to: string
}

export const produceCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('produce', args, OPTIONS)
    const rate = positiveNumber('--rate', values.rate)
    const inputs = values.input ?? []
    if (values.stream !== undefined && positionals.length > 0)
      throw new MillraceError('USAGE', `produce takes a job or --stream, and got '${positionals[0]}' and --stream ${values.stream}; give one of them`)
    if (values.stream === undefined && positionals.length === 0) throw new MillraceError('USAGE', 'produce needs the name of a job, or --stream NAME')
    if (inputs.length === 0) throw new MillraceError('USAGE', 'produce needs an input: --input FILE, or --input - for the standard input')
    return onAws(values, async (place) => {
      const [{ Producer }] = await loadClients('produce', [() => import('../aws/producer.ts')])
      const targets = values.stream === undefined ? await targetsOf(onlyJob('produce', positionals), inputs, place) : streamTargets(values.stream, inputs)
      const opened = await Promise.all(targets.map(async (target) => ({ ...target, ...(await linesOf(target, io)) })))
      const view = values.json === true ? undefined : new ProduceView(io.stdout, () => io.now())
      const put = async ({ to, ...input }: { readonly to: string } & LinesToPut): Promise<ProduceStatus | undefined> => {
        const producer = new Producer({ stream: to, ...(rate === undefined ? {} : { recordsPerSecond: rate }) })
        let last: ProduceStatus | undefined
        for await (const status of produceLines(producer, input, { keyField: values['partition-key'], rate, now: () => io.now() })) {
          last = status
          view?.update(status)
        }
        return last
      }
      const done = await Promise.all(opened.map(put)).finally(() => view?.end())
      if (values.json === true) io.stdout.write(`${JSON.stringify({ streams: done })}\n`)
      else for (const status of done) if (status !== undefined) io.stdout.write(`${done.length === 1 ? '' : `${status.stream}: `}${formatProduced(status)}\n`)
      return 0
    })
  },
}

async function targetsOf(name: string, texts: readonly string[], place: Place): Promise<readonly Target[]> {
  const { job } = await lookUp('produce', name, place)
  const { streams } = job.environment
  return streamInputs(name, Object.keys(streams), texts).map((input) => ({ ...input, to: streams[input.stream] ?? input.stream }))
}

function streamTargets(stream: string, paths: readonly string[]): readonly Target[] {
  if (paths.length > 1 && paths.includes('-'))
    throw new MillraceError('USAGE', `--stream ${stream} reads the standard input or files, not both; give it one of them`)
  return [{ stream, paths, to: stream }]
}

async function linesOf({ stream, paths }: Target, { stdin }: CommandIo): Promise<LinesToPut> {
  const input = paths[0] === '-' ? { stdin } : await openInputFiles(paths)
  if ('stdin' in input) return { stream, recordsInAll: undefined, lines: readLines(plainBytes(input.stdin, 'the standard input'), 'the standard input') }
  return { stream, recordsInAll: input.records, lines: input.lines() }
}
