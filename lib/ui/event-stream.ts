import type { IncomingMessage, ServerResponse } from 'node:http'
import { firstEntryId } from '../tools/first-entry.ts'
import type { ViewedJob } from './viewed-job.ts'

/** At most so often is anything said, ms: an eye follows no more, and a run is not slowed. */
const EVERY_MS = 250
/** How often it is looked for news where nobody tells, ms. */
const POLL_MS = 1_000
/** What keeps a tunnel from closing, ms. */
const PING_MS = 15_000
/** Tabs that are told. */
const MAX_CLIENTS = 50

interface Client {
  readonly response: ServerResponse
  /** What it was told last: `<run>/<batch>/<state>`. */
  told: string
}

/** Tells open tabs that there is something new. An event's id is `<run>/<batch>`: a tab that comes back says what it has seen, and another run lets it load anew. */
export class EventStream {
  readonly #job: ViewedJob
  readonly #poll: boolean
  readonly #clients = new Set<Client>()
  #timer: NodeJS.Timeout | undefined
  #polling: NodeJS.Timeout | undefined
  #pinging: NodeJS.Timeout | undefined
  #busy = false
  #again = false

  constructor(job: ViewedJob, { poll }: { readonly poll: boolean }) {
    this.#job = job
    this.#poll = poll
  }

  add(request: IncomingMessage, response: ServerResponse): void {
    if (this.#clients.size >= MAX_CLIENTS) return void response.writeHead(503).end()
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write('retry: 1000\n\n')
    const client: Client = { response, told: String(request.headers['last-event-id'] ?? '') }
    this.#clients.add(client)
    request.on('close', () => {
      this.#clients.delete(client)
      if (this.#clients.size === 0) this.#stop()
    })
    this.#pinging ??= setInterval(() => this.#write(': ping\n\n'), PING_MS).unref()
    if (this.#poll) this.#polling ??= setInterval(() => this.changed(), POLL_MS).unref()
    this.changed()
  }

  /** Something is new: whoever looks is told soon. */
  changed(): void {
    if (this.#clients.size === 0) return
    if (this.#timer !== undefined || this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    this.#tell()
      // What cannot be read now is told with the next event.
      .catch(() => {})
      .finally(() => {
        this.#busy = false
        this.#timer = setTimeout(() => {
          this.#timer = undefined
          if (!this.#again) return
          this.#again = false
          this.changed()
        }, EVERY_MS).unref()
      })
  }

  close(): void {
    this.#stop()
    for (const { response } of this.#clients) response.end()
    this.#clients.clear()
  }

  async #tell(): Promise<void> {
    const { newest, run, progressMs } = await this.#job.look(async ({ ports, batches }) => {
      const n = await batches.newest()
      return { newest: n, run: await firstEntryId(ports.log), progressMs: n < 0 ? 0 : ((await ports.progress.get(n))?.atMs ?? 0) }
    })
    const { state } = this.#job.head()
    for (const client of this.#clients) {
      const [knownRun] = client.told.split('/')
      const id = `${run ?? ''}/${newest}`
      const now = `${id}/${progressMs}/${state}`
      if (client.told === now) continue
      const reload = knownRun !== undefined && knownRun !== '' && knownRun !== (run ?? '')
      client.told = now
      client.response.write(`id: ${id}\nevent: ${reload ? 'reload' : 'news'}\ndata: ${JSON.stringify({ run, newest, state })}\n\n`)
    }
  }

  #write(text: string): void {
    for (const { response } of this.#clients) response.write(text)
  }

  #stop(): void {
    clearInterval(this.#polling)
    clearInterval(this.#pinging)
    clearTimeout(this.#timer)
    this.#polling = this.#pinging = this.#timer = undefined
  }
}
