import { MillraceError } from '../values/errors.ts'
import { batchTrace } from '../tools/batch-trace.ts'
import { LogBatches } from '../tools/log-batches.ts'
import { readBatch } from '../tools/read-batch.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { onAws, onlyJob, openJob } from './open-job.ts'
import { parseOptions, wholeNumber } from './parse-options.ts'

const { json: _, ...PLACES } = AWS_OPTIONS
const OPTIONS = { ...PLACES, batch: { type: 'string' }, otlp: { type: 'string' } } as const
/** A collector answers at once, or it is not there. */
const TIMEOUT_MS = 10_000

const HELP = `Prints the trace of a batch of a job on AWS as OTLP/HTTP JSON, or posts it to a collector. It is made of the logs alone; its ids are hashes, so it is
the same trace whoever asks.

  --batch K              the batch (the newest)
  --otlp URL             post it to URL/v1/traces, e.g. http://127.0.0.1:4318
${AWS_HELP.split('\n')
  .filter((line) => !line.includes('--json'))
  .join('\n')}`

export const traceCommand: CommandBody = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parseOptions('trace', args, OPTIONS)
    const name = onlyJob('trace', positionals)
    const wanted = wholeNumber('--batch', values.batch, 0)
    return onAws(values, async (place) => {
      const { job, ports } = await openJob('trace', name, place)
      const batches = new LogBatches(ports)
      const number = wanted ?? (await batches.newest())
      const found = number < 0 ? null : await readBatch(ports, batches, number, job.environment)
      if (found === null)
        throw new MillraceError('USAGE', `job '${name}' has no batch ${number < 0 ? 'yet' : number}; millrace status ${name} says which is the newest`)
      const trace = JSON.stringify(batchTrace(name, found))
      if (values.otlp === undefined) stdout.write(`${trace}\n`)
      else {
        await post(`${values.otlp.replace(/\/$/, '')}/v1/traces`, trace)
        stdout.write(`the trace of batch ${number} is at ${values.otlp}\n`)
      }
      return 0
    })
  },
}

async function post(url: string, body: string): Promise<void> {
  let response: Response
  try {
    response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw new MillraceError('STORE_FAILED', `nothing takes traces at ${url}: start a collector there, or name another with --otlp`, { cause })
  }
  if (!response.ok) throw new MillraceError('STORE_FAILED', `the collector at ${url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`)
}
