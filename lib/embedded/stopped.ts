import { MillraceError } from '../values/errors.ts'

/** Why a run ends before its end that was asked to: Ctrl-C, or whoever else has aborted its signal. */
export class Stopped extends MillraceError {
  constructor() {
    super('STOPPED', 'stopped. What was read is kept: start the same command again, it goes on from there')
  }
}

export function refuseStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Stopped()
}

/** Waits for what is going on, or throws when the signal comes first. */
export async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  refuseStopped(signal)
  let stop = (): void => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Stopped())
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
