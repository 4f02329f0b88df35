// A function's process, as Lambda runs one: node function-process.ts BUNDLE. It gets events from its parent, and the time they come at.
import { pathToFileURL } from 'node:url'

/** `event`: as text, which Lambda's runtime parses, too. */
export interface Invoke {
  readonly event: string
  readonly nowMs: number
  readonly timeoutMs: number
}

export interface Answer {
  readonly response: unknown
  readonly error: string | undefined
  /** The handler's, its waits for the stores included. */
  readonly wallMs: number
  /** Of the process so far, all its threads. */
  readonly cpuMs: number
  /** At its highest. */
  readonly rssMb: number
}

let nowMs = Date.now()
let sinceMs = performance.now()
// The stream's time is virtual. What an invocation takes is real, and is added to it.
Date.now = () => Math.floor(nowMs + performance.now() - sinceMs)
const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler(event: unknown, context: unknown): Promise<unknown> }

async function invoke({ event, timeoutMs }: Invoke): Promise<Answer> {
  const from = performance.now()
  let response: unknown
  let error: string | undefined
  try {
    response = await handler(JSON.parse(event), { getRemainingTimeInMillis: () => timeoutMs - (performance.now() - from) })
  } catch (thrown) {
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  }
  const { user, system } = process.cpuUsage()
  return { response, error, wallMs: performance.now() - from, cpuMs: (user + system) / 1_000, rssMb: process.resourceUsage().maxRSS / 1_024 }
}

process.on('message', (message: Invoke) => {
  nowMs = message.nowMs
  sinceMs = performance.now()
  void invoke(message).then((answer) => process.send?.(answer))
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
