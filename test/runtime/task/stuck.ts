import type { Ports } from '../../../lib/runtime/runtime.ts'
import { objectsWithPut } from '../ports/objects-with-put.ts'

/** A process whose next request of a kind hangs, before it takes effect or after, until it is let go. */
export class Stuck {
  at: { readonly request: string; readonly after: boolean } | undefined
  letGo: () => void = () => {}

  wrap(ports: Ports): Ports {
    const around = <F extends (...args: never[]) => Promise<unknown>>(port: object, name: string, call: F): F =>
      (async (...args: Parameters<F>) => {
        const [first] = args as readonly unknown[]
        const what = `${name} ${typeof first === 'object' && first !== null && 'log' in first ? String(first.log).split('/')[0] : String(first).split('/').at(-1)}`
        const { at } = this
        if (at?.request !== what) return call.apply(port, args)
        this.at = undefined
        const result = at.after ? await call.apply(port, args) : undefined
        await new Promise<void>((resolve) => (this.letGo = resolve))
        return at.after ? result : call.apply(port, args)
      }) as unknown as F
    const { log, objects } = ports
    return {
      ...ports,
      log: { get: log.get.bind(log), getMany: log.getMany.bind(log), newest: log.newest.bind(log), put: around(log, 'put', log.put) },
      objects: objectsWithPut(objects, around(objects, 'put', objects.put)),
    }
  }
}
