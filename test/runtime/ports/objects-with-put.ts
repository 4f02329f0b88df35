import type { Objects } from '../../../lib/runtime/ports/objects.ts'

/** The same objects, but written by `put`. */
export function objectsWithPut(objects: Objects, put: Objects['put']): Objects {
  return {
    get: objects.get.bind(objects),
    copy: objects.copy.bind(objects),
    list: objects.list.bind(objects),
    delete: objects.delete.bind(objects),
    put,
  }
}
