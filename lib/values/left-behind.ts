import { describeError, type ErrorText } from './describe-error.ts'

/** The part of Node's process that this needs. */
export interface ErrorEvents {
  removeAllListeners(event: 'uncaughtException' | 'unhandledRejection'): unknown
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown
}

/**
 * Reports what a user's function has left behind and nobody waits for: a timer that throws, a promise that rejects. From here on it does not end the process, which by then is at the
 * records of somebody else. What the engine itself waits for never comes here. The stack says whose it is.
 */
export function catchLeftBehind(process: ErrorEvents, report: (error: ErrorText) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    // Lambda's own listeners end the process.
    process.removeAllListeners(event)
    process.on(event, (error) => report(describeError(error)))
  }
}
