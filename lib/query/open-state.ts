import { assertKey, type Key } from '../values/key.ts'
import { StateReader, type StatePlace, type StatePorts } from './state-reader.ts'

/** The live state of an operator. */
export interface OpenState<K extends Key, V> {
  /** Returns a key's state; undefined: it has none. Costs one read of the batch log's head, one of the task log's, one of the entries since the snapshot, and two of S3: the manifest and a bucket. */
  get(key: K): Promise<V | undefined>
  /** All keys with their states after one batch, the same in all partitions: costs the whole state. Not the panes of windows. */
  entries(): Promise<readonly (readonly [K, V])[]>
  /** Returns the time of the newest batch that all tasks have computed; null: there is none. */
  batchTime(): Promise<Date | null>
}

/** Returns the state of an operator over a job's stores. */
export function openStateOf<K extends Key, V>(job: string, uid: string, ports: StatePorts): OpenState<K, V> {
  const reader = new StateReader(job, ports)
  let known: StatePlace | undefined
  return Object.freeze({
    get: async (key: K): Promise<V | undefined> => {
      assertKey(key, `openState '${uid}'`)
      // A deploy may have moved it: where it is is asked at the same time as what was there last.
      const last = known
      const [place, found] = await Promise.all([reader.placeOf(uid), last === undefined ? undefined : reader.get(uid, key, last).catch(() => undefined)])
      known = place
      const isThere = found !== undefined && place.stage === last?.stage && place.batch - found.batch <= 1
      return (isThere ? found : await reader.get(uid, key, place)).value as V | undefined
    },
    entries: async (): Promise<readonly (readonly [K, V])[]> => {
      const states = await reader.states(new Set([uid]))
      return (states?.operators.get(uid) ?? []).flatMap(({ key, value, paneMs }) => (paneMs === null ? [[key as K, value as V] as const] : []))
    },
    batchTime: async (): Promise<Date | null> => {
      const states = await reader.states(new Set())
      return states === null ? null : new Date(states.timeMs)
    },
  })
}
