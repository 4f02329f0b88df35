// For `wrap`: functions that time out after their commit. An entry's number decides it, so that the next process, too, knows which have had their turn.
import type { Log } from '../../../lib/runtime/ports/log.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'

/** What the functions' logs then say. */
export const SAID = 'committed, and now it hangs: '

/** The second entry of every shard and of every task. */
function hangs(log: string, n: number): boolean {
  return n === 1 && (log.startsWith('rec/') || log.startsWith('task/'))
}

export function wrap(ports: Ports): Ports {
  const { log } = ports
  const hanging: Log = {
    put: async (key, bytes, options) => {
      const there = await log.put(key, bytes, options)
      if (there === null && hangs(key.log, key.n)) {
        console.log(`${SAID}${key.log}#${key.n}`)
        await new Promise((resolve) => setTimeout(resolve, 3_600_000))
      }
      return there
    },
    get: (key, options) => log.get(key, options),
    getMany: (keys, options) => log.getMany(keys, options),
    newest: (name) => log.newest(name),
  }
  return { ...ports, log: hanging }
}
