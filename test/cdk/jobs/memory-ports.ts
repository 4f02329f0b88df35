import { ManualClock } from '../../../lib/runtime/ports/manual-clock.ts'
import { MemoryLog } from '../../../lib/runtime/ports/memory-log.ts'
import { MemoryMessages } from '../../../lib/runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../../../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../../../lib/runtime/ports/memory-progress.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'

/** Lets a bundle run without AWS. */
export function wrap(): Ports {
  const clock = new ManualClock(1_000_000)
  return { log: new MemoryLog(), progress: new MemoryProgress(), objects: new MemoryObjects(), messages: new MemoryMessages(clock), clock }
}
