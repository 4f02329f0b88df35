import { createReadStream, fstatSync, open } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'

/** Opens what can be read only once: `<(command)`, a FIFO, a device. */
export async function openPipe(path: string): Promise<AsyncIterable<Uint8Array>> {
  // Waits, as a shell does, until somebody opens a FIFO for writing.
  const fd = await promisify(open)(path, 'r')
  const info = fstatSync(fd)
  // A read that waits in a thread would keep a process that wants to end; a socket waits in the event loop.
  return info.isFIFO() || info.isSocket() ? new Socket({ fd, readable: true, writable: false }) : createReadStream(path, { fd })
}
