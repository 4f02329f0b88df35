import type { Clock } from '../../runtime/ports/clock.ts'
import type { Message, Messages } from '../../runtime/ports/messages.ts'

export interface DueMessage {
  readonly dueMs: number
  readonly message: Message
}

/** Messages as a list in virtual time, taken by the earliest. At the same time tasks come before ticks: a batch is worked on before anyone asks for the next. */
export class MessageList implements Messages {
  readonly #clock: Clock
  readonly #tasks: DueMessage[] = []
  /** Due times. Ticks for the same time are one, as SQS hands them over together. */
  readonly #ticks = new Set<number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async send(message: Message, delayMs: number): Promise<void> {
    const dueMs = this.#clock.now() + Math.max(0, delayMs)
    if (message.kind === 'tick') this.#ticks.add(dueMs)
    else this.#tasks.push({ dueMs, message })
  }

  /** Returns the message that is due first; undefined: there is none. */
  peek(): DueMessage | undefined {
    const task = this.#tasks.reduce<DueMessage | undefined>((first, next) => (first === undefined || next.dueMs < first.dueMs ? next : first), undefined)
    const tick = this.#ticks.size === 0 ? Infinity : Math.min(...this.#ticks)
    if (task !== undefined && task.dueMs <= tick) return task
    return tick === Infinity ? undefined : { dueMs: tick, message: { kind: 'tick' } }
  }

  /** Takes the message that peek returned. */
  take(due: DueMessage): void {
    if (due.message.kind === 'tick') this.#ticks.delete(due.dueMs)
    else this.#tasks.splice(this.#tasks.indexOf(due), 1)
  }
}
