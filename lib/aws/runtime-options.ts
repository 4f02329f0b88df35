import { randomUUID } from 'node:crypto'
import type { Job } from '../program/job.ts'
import { loadTables } from '../program/load-tables.ts'
import { planJob, type PlanOverrides } from '../plan/plan-job.ts'
import type { Ports, RuntimeEvent, RuntimeOptions } from '../runtime/runtime.ts'
import { memoryShares } from '../runtime/settings.ts'
import type { Environment } from './environment.ts'
import { logLine, type Metric } from './log-line.ts'

/** Returns what the engine needs in a function: the job planned, the ports, and one line of log per event. */
export function runtimeOptions(
  job: Job,
  environment: Environment,
  ports: Ports,
  { more, ...overrides }: PlanOverrides & { readonly more?: (event: RuntimeEvent) => readonly Metric[] } = {},
): RuntimeOptions {
  const plan = planJob(job, overrides)
  const { batchingWindowMs, retentionMs, taskTimeoutMs, outputPrefix, memoryMb, beginRestMs } = environment
  return {
    plan,
    ports,
    deploy: environment.deploy,
    owner: environment.owner,
    newId: randomUUID,
    settings: {
      batchingWindowMs,
      retentionMs,
      taskTimeoutMs,
      outputPrefix,
      ...(beginRestMs === undefined ? {} : { begin: { restMs: beginRestMs } }),
      ...(memoryMb === undefined ? {} : memoryShares(memoryMb * 1024 * 1024)),
    },
    loadTables: () => loadTables(plan.tables),
    // Straight to the output: console.log puts a time before the line, and CloudWatch would not find the metrics in it.
    observe: (event) => {
      // Of no use in a log, which costs: it stands in the entries.
      if (event['quiet'] !== true) process.stdout.write(`${logLine(plan.name, event, ports.clock.now(), more)}\n`)
    },
    print: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  }
}
