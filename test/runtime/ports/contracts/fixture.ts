import { randomUUID } from 'node:crypto'

/** Opens a port for one test, and says how to close it. A shared store will do: contracts use fresh names and expect nothing of what else is there. */
export type Make<T> = () => Promise<{ readonly port: T; readonly close: () => Promise<void> }>

/** Returns a name that no other test has used. */
export function freshName(): string {
  return `contract/${randomUUID()}`
}

let batches = Math.floor(Math.random() * 1e9)

/** Returns a batch number that no other test has used. */
export function freshBatch(): number {
  return batches++
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Returns a Make for ports that need no closing. */
export function always<T>(port: () => T): Make<T> {
  return () => Promise.resolve({ port: port(), close: () => Promise.resolve() })
}
