import type { Clock } from './clock.ts'
import type { Message, Messages } from './messages.ts'

export interface DueMessage {
  readonly message: Message
  readonly dueMs: number
}

/** Messages as a list with due times: nothing runs by itself, whoever drives the world takes them. Lost, doubled and late ones are the driver's doing. */
export class MemoryMessages implements Messages {
  readonly #clock: Clock
  readonly #list: DueMessage[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  send(message: Message, delayMs: number): Promise<void> {
    this.#list.push({ message, dueMs: this.#clock.now() + Math.max(0, delayMs) })
    return Promise.resolve()
  }

  /** Messages that have not been taken, in the order in which they were sent. */
  get pending(): readonly DueMessage[] {
    return [...this.#list]
  }

  /** When the next message is due; null: there is none. */
  nextDueMs(): number | null {
    return this.#list.length === 0 ? null : Math.min(...this.#list.map(({ dueMs }) => dueMs))
  }

  /** Takes out the messages that are due now: by due time, then as they were sent. */
  takeDue(): readonly Message[] {
    const now = this.#clock.now()
    const due = this.#list.filter(({ dueMs }) => dueMs <= now)
    for (const one of due) this.remove(one)
    return due.sort((a, b) => a.dueMs - b.dueMs).map(({ message }) => message)
  }

  /** Takes out one message of `pending`; returns whether it was still there. */
  remove(one: DueMessage): boolean {
    const at = this.#list.indexOf(one)
    if (at >= 0) this.#list.splice(at, 1)
    return at >= 0
  }
}
