import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Answer, Invoke } from './function-process.ts'

const CHILD = join(import.meta.dirname, 'function-process.ts')
const TIMEOUT_MS = { receive: 60_000, run: 180_000 } as const
const QUEUE = '123456789012/ticks'

export interface LambdaProcessOptions {
  readonly kind: 'receive' | 'run'
  /** The function's code, bundled. */
  readonly bundle: string
  /** Of the stores. */
  readonly url: string
  readonly memoryMb: number
}

/** One process of a function, from the bundle that is deployed and with the heap that Lambda would give it. */
export class LambdaProcess {
  readonly child: ChildProcess
  readonly url: string
  /** Since it began, and of the last event alone. */
  cpuMs = 0
  lastCpuMs = 0
  /** At its highest. */
  rssMb = 0
  invocations = 0
  readonly #kind: 'receive' | 'run'
  #last: Promise<unknown>
  /** The end of its log. */
  output = ''

  constructor({ kind, bundle, url, memoryMb }: LambdaProcessOptions) {
    this.#kind = kind
    this.url = url
    // As in the start script of Lambda's own image: a tenth of the memory is for young objects, in two halves.
    const young = Math.floor(memoryMb / 10)
    this.child = fork(CHILD, [bundle], {
      execArgv: ['--conditions=millrace-source', `--max-old-space-size=${memoryMb - young}`, `--max-semi-space-size=${Math.floor(young / 2)}`],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'bench',
        AWS_SECRET_ACCESS_KEY: 'bench',
        AWS_ENDPOINT_URL: url,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
        MILLRACE_JOB: 'bench',
        MILLRACE_FUNCTION: kind,
        MILLRACE_TABLE: 'logs',
        MILLRACE_BUCKET: 'bucket',
        MILLRACE_STREAMS: JSON.stringify({ lines: 'arn:aws:kinesis:us-east-1:111122223333:stream/lines' }),
        MILLRACE_TICKS_QUEUE_URL: `${url}/${QUEUE}`,
        MILLRACE_DEPLOY: '1',
        MILLRACE_BATCHING_WINDOW_SECONDS: '1',
        MILLRACE_RETENTION_SECONDS: '2592000',
        MILLRACE_TASK_TIMEOUT_SECONDS: '180',
      },
    })
    // Log lines; the end of them says why a process died.
    const hear = (text: Buffer): void => void (this.output = `${this.output}${text.toString()}`.slice(-4_000))
    this.child.stdout?.on('data', hear)
    this.child.stderr?.on('data', hear)
    this.#last = this.#answer() // that it is ready
  }

  /** Handles one event after the other, as Lambda's processes do; `event`: its JSON. Throws when the process dies. */
  invoke(event: string, nowMs: number): Promise<Answer> {
    const message: Invoke = { event, nowMs, timeoutMs: TIMEOUT_MS[this.#kind] }
    const mine = this.#last.then(async () => {
      const answered = this.#answer()
      this.child.send(message)
      const answer = (await answered) as Answer
      this.lastCpuMs = answer.cpuMs - this.cpuMs
      this.cpuMs = answer.cpuMs
      this.rssMb = answer.rssMb
      this.invocations++
      if (answer.error !== undefined) throw new Error(`${this.#kind} failed: ${answer.error}`)
      return answer
    })
    this.#last = mine.catch(() => {})
    return mine
  }

  get isDead(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  close(): void {
    if (this.child.connected) this.child.disconnect()
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const died = (code: number | null, signal: string | null): void => {
        reject(new Error(`the process of ${this.#kind} died (${signal ?? `exit ${code}`}): ${this.output.slice(-600)}`))
      }
      this.child.once('exit', died)
      this.child.once('message', (message) => {
        this.child.off('exit', died)
        resolve(message)
      })
    })
  }
}
