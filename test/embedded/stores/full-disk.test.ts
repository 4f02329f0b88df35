import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runEmbedded } from '../../../lib/embedded/index.ts'
import { openDatabase } from '../../../lib/embedded/stores/open-database.ts'
import { SqliteLog } from '../../../lib/embedded/stores/sqlite-log.ts'
import { SqliteProgress } from '../../../lib/embedded/stores/sqlite-progress.ts'
import { storeError } from '../../../lib/embedded/stores/store-error.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'
import readings from '../jobs/readings.ts'
import { filesOf } from '../cli.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-full-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a database that cannot grow says that the disk is full, and keeps what is committed', async () => {
  const db = openDatabase(join(folder, 'job.db'))
  const log = new SqliteLog(db)
  db.exec('PRAGMA max_page_count = 30')
  let n = 0
  const fill = async (): Promise<void> => {
    for (;;) {
      await log.put({ log: 'batch', n }, Buffer.alloc(2000, n))
      n++
    }
  }
  const message = /in .*job\.db: the disk is full \(.*\)\. What is committed is kept: free some space and start again, it goes on from there$/
  await expect(fill()).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(message) })
  expect(n).toBeGreaterThan(10)
  const update = { names: Array.from({ length: 1000 }, (_, i) => `name-${i}`), attributes: {}, atMs: 1, expiresAtMs: null }
  await expect(new SqliteProgress(db).add(0, update)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(message) })
  db.close()
  const again = openDatabase(join(folder, 'job.db'))
  expect(await new SqliteLog(again).newest('batch')).toMatchObject({ n: n - 1, bytes: new Uint8Array(Buffer.alloc(2000, n - 1)) })
  again.close()
})

const LINES = Array.from({ length: 1500 }, (_, i) => JSON.stringify({ sensor: `s${i % 13}`, value: ((i * 7) % 11) / 3 }))

describe('a run whose disk is full for a while', () => {
  const run = (name: string, wrapPorts?: (ports: Ports) => Ports): Promise<unknown> =>
    runEmbedded(readings, {
      inputs: { readings: { path: join(folder, 'in') } },
      state: join(folder, name, 'state'),
      output: join(folder, name, 'out'),
      shards: 2,
      rate: 250,
      startMs: 1_770_000_000_000,
      settings: { spillBytes: 700, tailEntries: 3 },
      wrapPorts,
    })
  /** Refuses the nth write of this kind, as the operating system does. */
  const fullAt =
    (port: 'log' | 'progress' | 'objects', nth: number) =>
    (ports: Ports): Ports => {
      let writes = 0
      const write = <T>(work: () => Promise<T>): Promise<T> =>
        ++writes === nth ? Promise.reject(storeError('cannot write', folder, Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))) : work()
      const { log, progress, objects } = ports
      return {
        ...ports,
        ...(port === 'log' && {
          log: {
            get: (k, o) => log.get(k, o),
            getMany: (k, o) => log.getMany(k, o),
            newest: (l) => log.newest(l),
            put: (k, b, o) => write(() => log.put(k, b, o)),
          },
        }),
        ...(port === 'progress' && { progress: { get: (k) => progress.get(k), add: (k, u) => write(() => progress.add(k, u)) } }),
        ...(port === 'objects' && {
          objects: {
            get: (k, r) => objects.get(k, r),
            list: (p) => objects.list(p),
            delete: (k) => objects.delete(k),
            copy: (a, b) => write(() => objects.copy(a, b)),
            put: (k, b) => write(() => objects.put(k, b)),
          },
        }),
      }
    }

  test('stops with a message, and ends with the same files', async () => {
    writeFileSync(join(folder, 'in'), `${LINES.join('\n')}\n`)
    await run('calm')
    const expected = [...filesOf(join(folder, 'calm/out'))]
    const full = { code: 'STORE_FAILED', message: expect.stringMatching(/the disk is full \(no space left on device\)/) }
    for (const port of ['log', 'progress', 'objects'] as const) {
      for (const nth of [1, 2, 9, 30]) await expect(run(port, fullAt(port, nth)), `${port} ${nth}`).rejects.toMatchObject(full)
      await run(port)
      expect([...filesOf(join(folder, port, 'out'))]).toEqual(expected)
    }
  })
})
