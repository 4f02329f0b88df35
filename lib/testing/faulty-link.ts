import { connect, createServer, type Server, type Socket } from 'node:net'
import type { SinkFault } from './sink-subject.ts'

/** A way to a server through which a process talks until it meets its fault. */
export interface FaultyLink {
  /** On 127.0.0.1, instead of the server's. */
  readonly port: number
  reached(): boolean
  resume(): void
  close(): Promise<void>
}

/**
 * Opens a way to a server, for `sinkCases`. What goes through, to the server or back, is counted in pieces, of all connections together. die: at the n-th piece all connections end before it gets
 * through, and no other is made. pause: from the n-th piece on nothing gets through until `resume`.
 */
export async function openFaultyLink(target: { readonly host: string; readonly port: number }, fault?: SinkFault): Promise<FaultyLink> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let pieces = 0
  let resumed = false
  const reached = (): boolean => fault !== undefined && pieces >= fault.at
  const kill = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (piece) => {
      pieces++
      if (!reached() || resumed) return void to.write(piece)
      if (fault?.what === 'die') kill()
      else held.push(() => to.write(piece))
    })
    const end = (): void => void (reached() && fault?.what === 'pause' && !resumed ? held.push(() => to.destroy()) : to.destroy())
    from.on('close', end)
    // `close` follows.
    from.on('error', () => {})
  }
  const server: Server = createServer((client) => {
    if (fault?.what === 'die' && reached()) return void client.destroy()
    const upstream = connect(target)
    for (const socket of [client, upstream]) sockets.add(socket.on('close', () => sockets.delete(socket)))
    pass(client, upstream)
    pass(upstream, client)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    reached,
    resume: () => {
      resumed = true
      for (const go of held.splice(0)) go()
    },
    close: async () => {
      kill()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}
