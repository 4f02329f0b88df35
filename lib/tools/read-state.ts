import { BATCH_LOG, taskName } from '../runtime/entries/log-names.ts'
import { DUE } from '../runtime/entries/progress-names.ts'
import type { Ports } from '../runtime/runtime.ts'
import { EntryReader } from './entry-reader.ts'
import type { TaskStatus } from './job-status.ts'
import { readTasks } from './read-tasks.ts'

export interface TaskState extends TaskStatus {
  /** Next batch time at which it has something to do without input; null: none. */
  readonly nextDueMs: number | null
}

/** Returns what the tasks of the newest batch keep, and when they are due without input. */
export async function readState(
  ports: Pick<Ports, 'log' | 'progress' | 'objects'>,
  job: string,
): Promise<{ readonly batch: number; readonly tasks: readonly TaskState[] }> {
  const reader = new EntryReader(ports.log)
  const head = await reader.newest('batch', BATCH_LOG)
  if (head === null) return { batch: -1, tasks: [] }
  const [tasks, progress] = await Promise.all([readTasks(reader, ports.objects, { job, number: head.n, batch: head.entry }), ports.progress.get(head.n)])
  return {
    batch: head.n,
    tasks: tasks.map((task) => {
      const due = progress?.attributes.get(`${DUE}${taskName(task.stage, task.partition)}`)
      return { ...task, nextDueMs: typeof due === 'number' ? due : null }
    }),
  }
}
