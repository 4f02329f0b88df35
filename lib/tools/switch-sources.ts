import type { LambdaControl } from '../aws/lambda-control.ts'
import { MillraceError } from '../values/errors.ts'
import type { DeployedJob } from './find-job.ts'
import type { SourceStatus } from './job-status.ts'
import type { Pace } from './pace.ts'
import { sourceOf } from './source-status.ts'

const POLL_MS = 1_000
/** Lambda takes up to a minute to switch a mapping; nothing is known of longer. */
const TIMEOUT_MS = 300_000

/** What Lambda is asked; LambdaControl is it. */
export type MappingControl = Pick<LambdaControl, 'mappings' | 'switchMapping'>

/** Returns what calls a job's functions: its streams first, then the engine's queues. */
export async function readSources(control: Pick<MappingControl, 'mappings'>, job: DeployedJob): Promise<readonly SourceStatus[]> {
  const mappings = await Promise.all([job.receiveFunction, job.runFunction].map((name) => control.mappings(name)))
  return mappings.flat().map((mapping) => sourceOf(mapping, job.environment))
}

/**
 * Switches all event source mappings of a job on or off, the streams' before the queues', each group until it is done. What is in a stream or
 * a queue stays there. Yields the mappings that were switched, as they are then.
 */
export async function* switchSources(
  control: MappingControl,
  job: DeployedJob,
  { on, pace }: { readonly on: boolean; readonly pace: Pace },
): AsyncGenerator<SourceStatus> {
  const [wanted, opposite] = on ? ['Enabled', 'Disabled'] : ['Disabled', 'Enabled']
  for (const kind of ['stream', 'queue'] as const) {
    const untilMs = pace.now() + TIMEOUT_MS
    const open = new Set<string>()
    for (let first = true; ; first = false) {
      const sources = (await readSources(control, job)).filter((source) => source.kind === kind)
      if (first) for (const { uuid, state } of sources) if (state !== wanted) open.add(uuid)
      for (const source of sources) if (source.state === wanted && open.delete(source.uuid)) yield source
      const late = sources.filter(({ uuid }) => open.has(uuid))
      if (late.length === 0) break
      // One that is on its way somewhere cannot be switched until it is there.
      for (const { uuid, state } of late) if (state === opposite) await control.switchMapping(uuid, on)
      if (pace.now() >= untilMs)
        throw new MillraceError(
          'STORE_FAILED',
          `the event source mapping of ${late[0]?.name} (${late[0]?.uuid}) is ${late[0]?.state} after ${TIMEOUT_MS / 1000} s and should be ${wanted}: look at it in Lambda's console, and call this again`,
        )
      await pace.sleep(POLL_MS)
    }
  }
}
