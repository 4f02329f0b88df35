// For `wrap`: a receive function that fails after its second commit, before it can say so to anybody.
import type { Log } from '../../../lib/runtime/ports/log.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'

export function wrap(ports: Ports): Ports {
  const { log } = ports
  const dying: Log = {
    put: async (key, bytes, options) => {
      const there = await log.put(key, bytes, options)
      if (there === null && key.log.startsWith('rec/') && key.n === 1) throw new Error('committed, and now it dies')
      return there
    },
    get: (key, options) => log.get(key, options),
    getMany: (keys, options) => log.getMany(keys, options),
    newest: (name) => log.newest(name),
  }
  return { ...ports, log: dying }
}
