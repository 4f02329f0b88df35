import type { Plan } from '../../plan/plan.ts'
import { sumOf, type BatchFigures, type TaskFigures } from '../../runtime/entries/figures.ts'
import { toldOutputs } from '../../runtime/entries/told-outputs.ts'
import type { Failure } from '../../runtime/task/failure.ts'
import type { RuntimeEvent } from '../../runtime/runtime.ts'

export interface RecorderOptions {
  readonly plan: Plan
  readonly deploy: number
  /** The wall's time, epoch ms. */
  readonly wallMs: () => number
  /** When a stream time was on the wall; undefined: stream time does not follow the wall. */
  readonly wallOf: (streamMs: number) => number | undefined
}

export interface RecordedBatch {
  readonly figures: BatchFigures
  readonly tasks: readonly TaskFigures[]
}

interface Arrival {
  readonly stream: string
  readonly wallMs: number
  records: number
}

interface Task {
  beginMs: number | null
  endMs: number | null
  rowsIn: number | null
  rowsOut: number | null
  changedKeys: number | null
  keys: number | null
  stateBytes: number | null
}

interface Batch {
  readonly number: number
  readonly timeMs: number
  readonly allocatedMs: number | null
  readonly firstArrivalMs: number | null
  readonly records: Readonly<Record<string, number>> | null
  readonly tasks: Map<string, Task>
  failure: Failure | null
}

/** Hears what the runtime does and notes when it was on the wall: stream time stands still while a batch is computed. */
export class BatchRecorder {
  readonly #options: RecorderOptions
  readonly #waiting: Arrival[] = []
  /** By number; in a lag a batch is begun while the one before is being closed. */
  readonly #open = new Map<number, Batch>()

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Records were handed over. */
  delivered(stream: string, records: number): void {
    if (records > 0) this.#waiting.push({ stream, wallMs: this.#options.wallMs(), records })
  }

  /** When the oldest record was received that is in no finished batch, on the wall; null: there is none. */
  get oldestWaitingMs(): number | null {
    const times = [...[...this.#open.values()].map(({ firstArrivalMs }) => firstArrivalMs), this.#waiting[0]?.wallMs ?? null].filter((ms) => ms !== null)
    return times.length === 0 ? null : Math.min(...times)
  }

  observe(event: RuntimeEvent): void {
    const number = Number(event['batch'])
    if (event.event === 'allocated') this.#allocate(number, Number(event['time']), event['records'] as Readonly<Record<string, number>>)
    else if (event.event === 'unfinished' && !this.#open.has(number)) {
      // Another process has allocated it: when, and what is in it, that one knew.
      const records = (event['records'] ?? null) as Batch['records']
      this.#open.set(number, { number, timeMs: Number(event['time']), allocatedMs: null, firstArrivalMs: null, records, tasks: new Map(), failure: null })
    }
    const batch = this.#open.get(number)
    if (batch === undefined) return
    if (event.event === 'failed') {
      const { task, operator, message, attempts } = event as unknown as Failure
      batch.failure = { task, operator, message, attempts }
    } else if (event.event === 'task' || event.event === 'committed' || event.event === 'published') this.#task(batch, event)
  }

  /** The batches that are not finished, as far as they are. */
  get running(): readonly RecordedBatch[] {
    return [...this.#open.values()].map((batch) => this.#figures(batch, null, new Set()))
  }

  /** Ends the batch and returns its row. `names`: what its progress says. */
  finish(number: number, names: ReadonlySet<string>): RecordedBatch | undefined {
    const batch = this.#open.get(number)
    if (batch === undefined) return undefined
    batch.failure = null
    const row = this.#figures(batch, this.#options.wallMs(), names)
    this.#open.delete(number)
    return row
  }

  #allocate(number: number, timeMs: number, records: Readonly<Record<string, number>>): void {
    const first = Object.entries(records).flatMap(([stream, count]) => this.#take(stream, count))
    this.#open.set(number, {
      number,
      timeMs,
      allocatedMs: this.#options.wallMs(),
      firstArrivalMs: first.length === 0 ? null : Math.min(...first),
      records,
      tasks: new Map(),
      failure: null,
    })
  }

  /** Takes the oldest records of a stream; returns when they were received. */
  #take(stream: string, count: number): readonly number[] {
    const times: number[] = []
    let left = count
    for (let i = 0; i < this.#waiting.length && left > 0;) {
      const arrival = this.#waiting[i]
      if (arrival === undefined) break
      if (arrival.stream !== stream) {
        i++
        continue
      }
      times.push(arrival.wallMs)
      const taken = Math.min(left, arrival.records)
      left -= taken
      arrival.records -= taken
      if (arrival.records === 0) this.#waiting.splice(i, 1)
    }
    return times
  }

  #task(batch: Batch, event: RuntimeEvent): void {
    const name = `${String(event['stage'])}/${String(event['partition'])}`
    let task = batch.tasks.get(name)
    if (task === undefined || event.event === 'task') {
      task = { beginMs: null, endMs: null, rowsIn: null, rowsOut: null, changedKeys: null, keys: null, stateBytes: null }
      batch.tasks.set(name, task)
    }
    const number = (field: string): number => Number(event[field])
    if (event.event === 'task') task.beginMs = this.#options.wallMs()
    else if (event.event === 'committed') {
      task.rowsIn = number('rowsIn')
      task.keys = number('keys')
      task.stateBytes = number('stateBytes')
    } else {
      task.endMs = this.#options.wallMs()
      task.rowsOut = number('rowsOut')
      task.changedKeys = number('changedKeys')
    }
  }

  #figures(batch: Batch, finishedMs: number | null, names: ReadonlySet<string>): RecordedBatch {
    const { plan, deploy, wallOf } = this.#options
    const tasks = plan.stages.flatMap(({ uid, partitions }) =>
      Array.from({ length: partitions }, (_, partition): TaskFigures => {
        const known = batch.tasks.get(`${uid}/${partition}`)
        return {
          stage: uid,
          partition,
          ...(known ?? { beginMs: null, endMs: null, rowsIn: null, rowsOut: null, changedKeys: null, keys: null, stateBytes: null }),
        }
      }),
    )
    const done = tasks.filter(({ endMs }) => endMs !== null)
    const { deadLetters, skipped, rows } = toldOutputs(names)
    const outputs = plan.stages.flatMap((stage) => stage.outputs.map(() => stage.uid))
    const isDone = (uid: string): boolean => finishedMs !== null || tasks.every(({ stage, endMs }) => stage !== uid || endMs !== null)
    const ends = done.map(({ endMs }) => endMs ?? 0)
    return {
      figures: {
        batch: batch.number,
        timeMs: batch.timeMs,
        dueMs: wallOf(batch.timeMs) ?? null,
        firstArrivalMs: batch.firstArrivalMs,
        allocatedMs: batch.allocatedMs,
        computedMs: ends.length === 0 ? null : Math.max(...ends),
        finishedMs,
        records: batch.records,
        tasks: tasks.length,
        tasksDone: finishedMs === null ? done.length : tasks.length,
        computeMs: sumOf(tasks.map(({ beginMs, endMs }) => (beginMs === null || endMs === null ? null : endMs - beginMs))),
        outputRows: finishedMs === null ? null : rows,
        keys: sumOf(tasks.map(({ keys }) => keys)),
        stateBytes: sumOf(tasks.map(({ stateBytes }) => stateBytes)),
        deadLetters,
        outputs: outputs.length,
        outputsDone: outputs.filter(isDone).length - skipped.length,
        skipped,
        failure: batch.failure,
        deploy,
      },
      tasks,
    }
  }
}
