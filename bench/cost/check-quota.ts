import { kinesisEventJson } from '../kinesis-event.ts'
import { logLines } from '../lines.ts'
import { AwsWire } from '../aws-wire.ts'
import { START_MS } from '../aws-world.ts'
import { median } from '../measure.ts'
import { table } from '../table.ts'
import { cpuQuota } from './cpu-quota.ts'
import { LambdaProcess } from './lambda-process.ts'
import { openWire } from './open-wire.ts'
import { VCPU_MB } from './vcpu-share.ts'

const EVENTS = [
  { records: 1_000, times: 40 },
  { records: 9_000, times: 12 },
] as const
const WARM = 15
const MEMORIES_MB = [512, 1_024, 1_769]

/** Prints what events take in a process that gets no more of a processor than Lambda would give it, beside the model: processor time / share. The stores answer at once. */
export async function checkQuota(bundle: string): Promise<void> {
  const wire = new AwsWire()
  const { url, close } = await openWire(wire)
  // One heap for all: only the processor differs.
  const process = new LambdaProcess({ kind: 'receive', bundle, url, memoryMb: VCPU_MB })
  const quota = cpuQuota(process.child.pid ?? 0)
  try {
    if (quota === undefined)
      return console.log('No quota can be set on this machine (it takes cgroups of version 1, and root): that durations grow with 1 / share is not checked.')
    let seconds = START_MS / 1_000
    let sent = 0
    const invoke = async (records: number): Promise<{ readonly wallMs: number; readonly cpuMs: number }> => {
      const lines = logLines(records, seconds).map((line) => `${line}  `)
      const { wallMs } = await process.invoke(kinesisEventJson(lines, seconds++, sent), seconds * 1_000)
      sent += records
      return { wallMs, cpuMs: process.lastCpuMs }
    }
    const many = async (records: number, times: number): Promise<{ readonly wallMs: number; readonly cpuMs: number }> => {
      const all: { readonly wallMs: number; readonly cpuMs: number }[] = []
      for (let i = 0; i < times; i++) all.push(await invoke(records))
      return { wallMs: median(all.map(({ wallMs }) => wallMs)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) }
    }
    const rows: string[][] = []
    for (const { records, times } of EVENTS) {
      quota.set(Number.POSITIVE_INFINITY)
      await many(records, WARM)
      const free = await many(records, times)
      for (const memoryMb of MEMORIES_MB) {
        const share = memoryMb / VCPU_MB
        quota.set(share)
        const { wallMs, cpuMs } = await many(records, times)
        rows.push([
          `${records.toLocaleString('en-US')} records, ${share.toFixed(2)} of a processor`,
          `${cpuMs.toFixed(0)} ms`,
          `${wallMs.toFixed(0)} ms`,
          `${(free.cpuMs / share).toFixed(0)} ms`,
        ])
      }
    }
    console.log('\nreceive under a real quota (cgroups, periods of 20 ms), beside processor time / share')
    console.log(table(['', 'processor', 'took', 'processor / share'], rows))
  } finally {
    const gone = new Promise((resolve) => process.child.once('exit', resolve))
    process.close()
    await gone
    quota?.close()
    close()
  }
}
