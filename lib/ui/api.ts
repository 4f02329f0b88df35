import { readBatches } from '../tools/batch-reader.ts'
import { firstEntryId } from '../tools/first-entry.ts'
import { groupDeadLetters } from '../tools/group-dead-letters.ts'
import { readBatch } from '../tools/read-batch.ts'
import { readOutputs } from '../tools/read-outputs.ts'
import { PlotHistory } from '../tools/read-plots.ts'
import { readState } from '../tools/read-state.ts'
import { readFlow } from './read-flow.ts'
import type { Access, ViewedJob } from './viewed-job.ts'

/** What was asked for is not there. */
export class NotFound extends Error {}

/** Batches of the first page's time lines unless told otherwise. */
const LAST = 240

const histories = new WeakMap<ViewedJob, PlotHistory>()

type Answer = (job: ViewedJob, query: URLSearchParams) => Promise<unknown>

const ANSWERS: Readonly<Record<string, Answer>> = {
  job: (job) => job.look(async ({ ports }) => ({ ...job.head(), run: await firstEntryId(ports.log), nowMs: job.nowMs(), hasProgram: job.program() !== null })),
  streaming: (job, query) => job.look((access) => streaming(job, access, query)),
  batches: (job, query) => job.look(({ batches }) => readBatches(batches, rangeOf(query))),
  status: (job) => job.look((access) => access.status()),
  program: (job) => job.look(async (access) => ({ plan: job.program(), flow: await readFlow(job, access) })),
  inputs: (job) => job.look(async (access) => ({ status: await access.status(), behind: await access.behind() })),
  state: (job) => job.look(({ ports }) => readState(ports, job.head().job)),
  outputs: (job) =>
    job.look(({ ports, batches }) => {
      const operators = job.program()?.stages.flatMap((stage) => stage.operators.filter(({ output }) => output).map(({ uid }) => uid)) ?? null
      return readOutputs(ports, batches, { outputPrefix: job.outputPrefix, operators })
    }),
  dashboard: (job) => job.look(({ ports }) => historyOf(job).read(ports.log)),
  'dead-letters': (job) => job.look(({ ports }) => groupDeadLetters(ports, job.head().job)),
}

/** Returns what an address below /api/ answers. */
export async function answer(job: ViewedJob, url: URL): Promise<unknown> {
  const path = url.pathname.slice('/api/'.length)
  const number = /^batches\/(\d{1,15})$/.exec(path)?.[1]
  if (number !== undefined) {
    const found = await job.look(({ ports, batches }) => readBatch(ports, batches, Number(number), job))
    if (found === null) throw new NotFound(`there is no batch ${number}`)
    return found
  }
  const known = Object.hasOwn(ANSWERS, path) ? ANSWERS[path] : undefined
  if (known === undefined) throw new NotFound(`there is no ${path}`)
  return known(job, url.searchParams)
}

function historyOf(job: ViewedJob): PlotHistory {
  const history = histories.get(job) ?? new PlotHistory()
  histories.set(job, history)
  return history
}

async function streaming(job: ViewedJob, access: Access, query: URLSearchParams): Promise<unknown> {
  const [page, partitions, run, totals, deadLetters] = [
    await readBatches(access.batches, rangeOf(query)),
    await access.behind(),
    await firstEntryId(access.ports.log),
    await access.totals(),
    await access.deadLetters(),
  ]
  const known = partitions.filter(({ ms }) => ms !== null)
  const worst = known.toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0))[0]
  const unknown = partitions.find(({ why }) => why !== null)
  return {
    head: job.head(),
    run,
    nowMs: job.nowMs(),
    page,
    totals,
    deadLetters,
    behind: {
      // One that is not known may be the worst of all.
      ms: unknown !== undefined ? null : partitions.length === 0 ? null : (worst?.ms ?? 0),
      atLeast: partitions.some(({ atLeast }) => atLeast),
      why: unknown?.why ?? null,
      off: unknown?.off ?? false,
      worst: worst === undefined || worst.ms === 0 || known.every(({ ms }) => ms === worst.ms) ? null : `${worst.stream}/${worst.shard}`,
      writtenMs: partitions.reduce<number | null>((newest, { writtenMs }) => (writtenMs === null ? newest : Math.max(newest ?? 0, writtenMs)), null),
    },
  }
}

function rangeOf(query: URLSearchParams): { readonly to?: number; readonly last: number } {
  const whole = (name: string): number | undefined => {
    const text = query.get(name)
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
  }
  const to = whole('to')
  return { ...(to === undefined ? {} : { to }), last: whole('last') ?? LAST }
}
