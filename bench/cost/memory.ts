import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_MEMORY_MB } from '../../lib/cdk/limits.ts'
import { table } from '../table.ts'
import { checkQuota } from './check-quota.ts'
import { costOf } from './cost-of.ts'
import { fitMemory } from './fit-memory.ts'
import { LOADS } from './loads.ts'
import { measureLoad } from './measure-load.ts'
import { bundleJob, processorTime, type ProcessorTime } from './processor-time.ts'
import { vcpuShare } from './vcpu-share.ts'

const MEMORIES_MB = [512, 768, 1_024, 1_769, 2_560, 3_538]
const FITTED_MB = [512, 1_024, 1_769]
/** Of a function's memory: the rest is for Lambda's own, and for what differs from run to run. */
const FULL = 0.9
/** Simulated, by events per second: a load's own time would take too long for so many sizes. */
const FOR_MS: Readonly<Record<number, number>> = { 100: 120_000, 1_000: 60_000, 10_000: 10_000 }

/** Prints what of a processor the functions take, measured, and what that makes of duration and price at other sizes of memory. */
export async function memory(): Promise<void> {
  await withFolder(async (folder) => {
    const bundles = await bundleJob('word-count', folder)
    const measured: ProcessorTime[] = []
    for (const load of LOADS) measured.push(await processorTime(bundles, load, DEFAULT_MEMORY_MB))
    const nameOf = (perSecond: number): string => `${perSecond.toLocaleString('en-US')} events/s`
    console.log('Processor time of an invocation, warm, from the bundle that is deployed; all threads, the SDK and the event as JSON included')
    const ms = (n: number): string => `${n.toFixed(1)} ms`
    console.log(
      table(
        ['', 'receive', 'run', 'invocations of receive', 'of run'],
        measured.map(({ cpuMs, invocations }, i) => [
          nameOf(LOADS[i]?.perSecond ?? 0),
          ms(cpuMs.receive),
          ms(cpuMs.run),
          String(invocations.receive),
          String(invocations.run),
        ]),
      ),
    )
    const rows: string[][] = []
    for (const [i, load] of LOADS.entries()) {
      const { cpuMs } = measured[i] ?? load
      for (const memoryMb of MEMORIES_MB) {
        const m = await measureLoad({ ...load, forMs: FOR_MS[load.perSecond] ?? load.forMs, cpuMs, memoryMb })
        const cost = costOf(m, memoryMb)
        const each = ({ ms: all, invocations }: typeof m.receive): string => `${(all / invocations).toFixed(0)} ms`
        // Events pass through both, one after the other.
        const later = (cpuMs.receive + cpuMs.run) * (1 / vcpuShare(memoryMb) - 1)
        rows.push([
          `${nameOf(load.perSecond)}, ${memoryMb.toLocaleString('en-US')} MB`,
          each(m.receive),
          each(m.run),
          cost.lambda.toFixed(4),
          cost.all.toFixed(4),
          `${later.toFixed(0)} ms`,
        ])
      }
    }
    console.log('\nDurations (requests in the simulated AWS, and processor time / share of a vCPU), USD per million records, and how much later a result comes')
    console.log(table(['', 'receive', 'run', 'Lambda', 'in all', 'later than at 1,769 MB'], rows))
    await checkQuota(bundles.receive)
  })
}

/** Prints what the functions take up with all bounds reached, which follow their memory. */
export async function fit(): Promise<void> {
  await withFolder(async (folder) => {
    const bundles = await bundleJob('totals', folder)
    const rows: string[][] = []
    const mb = (peak: number | string): string => (typeof peak === 'number' ? `${peak.toFixed(0)} MB` : 'died')
    for (const memoryMb of FITTED_MB) {
      const { receive, run, keys, batches } = await fitMemory(bundles, memoryMb)
      for (const peak of [receive, run]) if (typeof peak === 'string') console.log(peak)
      const fits = [receive, run].every((peak) => typeof peak === 'number' && peak < FULL * memoryMb)
      rows.push([`${memoryMb.toLocaleString('en-US')} MB`, mb(receive), mb(run), keys.toLocaleString('en-US'), String(batches), fits ? 'yes' : 'no'])
    }
    console.log(
      'Processes with the heap that Lambda gives, at their highest: receive on events of 6 MB, run on a lag of them in batches and with a state at their bounds',
    )
    console.log(table(['', 'receive', 'run', 'keys', 'batches', 'a tenth is left'], rows))
  })
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cost-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
