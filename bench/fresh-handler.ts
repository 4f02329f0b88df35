import type { KinesisStreamEvent } from 'aws-lambda'
import type { Job } from 'millrace'
import { createRuntime, kinesisHandler, planJob, type BatchResponse } from '../lib/lambda/index.ts'
import type { LoadedTables } from '../lib/plan/compute.ts'
import { ManualClock } from '../lib/runtime/ports/manual-clock.ts'
import { MemoryLog } from '../lib/runtime/ports/memory-log.ts'
import { MemoryMessages } from '../lib/runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../lib/runtime/ports/memory-progress.ts'

const CONTEXT = { getRemainingTimeInMillis: (): number => 900_000 }
const NO_TABLES: LoadedTables = { get: () => undefined }

/** Returns the receive function over an empty log each time: on a log that has the event already, it would find nothing but duplicates. */
export function freshHandler(job: Job): (event: KinesisStreamEvent) => Promise<BatchResponse> {
  const plan = planJob(job)
  let ids = 0
  return async (event) => {
    const clock = new ManualClock(1_764_000_010_000)
    const ports = { log: new MemoryLog(), progress: new MemoryProgress(), objects: new MemoryObjects(), messages: new MemoryMessages(clock), clock }
    const handler = kinesisHandler(createRuntime({ plan, ports, deploy: 1, newId: () => `id-${++ids}`, loadTables: () => Promise.resolve(NO_TABLES) }))
    const response = await handler(event, CONTEXT)
    if (response.batchItemFailures.length > 0) throw new Error('the handler handed records back')
    return response
  }
}
