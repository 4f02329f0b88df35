export interface Tick {
  readonly kind: 'tick'
}

export interface TaskMessage {
  readonly kind: 'task'
  readonly batch: number
  readonly stage: string
  readonly partition: number
  /** Sent once more, because the batch has rested for longer than a task may take. */
  readonly again: boolean
}

export type Message = Tick | TaskMessage

/** Messages come at least once, in any order, late or never: they are only speed. */
export interface Messages {
  send(message: Message, delayMs: number): Promise<void>
}
