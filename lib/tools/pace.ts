/** How time passes for a tool that waits: a test's own, or the machine's. */
export interface Pace {
  /** Epoch ms. */
  now(): number
  sleep(ms: number): Promise<void>
}
