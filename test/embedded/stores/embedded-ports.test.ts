// The contract suites of the ports, run against SQLite, folders and virtual time.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { FolderObjects } from '../../../lib/embedded/stores/folder-objects.ts'
import { MessageList } from '../../../lib/embedded/stores/message-list.ts'
import { openDatabase } from '../../../lib/embedded/stores/open-database.ts'
import { SplitObjects } from '../../../lib/embedded/stores/split-objects.ts'
import { SqliteLog } from '../../../lib/embedded/stores/sqlite-log.ts'
import { SqliteProgress } from '../../../lib/embedded/stores/sqlite-progress.ts'
import { VirtualClock } from '../../../lib/embedded/stores/virtual-clock.ts'
import { clockContract } from '../../runtime/ports/contracts/clock-contract.ts'
import { logContract } from '../../runtime/ports/contracts/log-contract.ts'
import { messagesContract } from '../../runtime/ports/contracts/messages-contract.ts'
import { objectsContract } from '../../runtime/ports/contracts/objects-contract.ts'
import { progressContract } from '../../runtime/ports/contracts/progress-contract.ts'
import type { Message } from '../../../lib/runtime/ports/messages.ts'

function inFolder<P>(open: (folder: string) => { readonly port: P; readonly close?: () => void }) {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-ports-'))
    const { port, close } = open(folder)
    return Promise.resolve({
      port,
      close: () => {
        close?.()
        rmSync(folder, { recursive: true })
        return Promise.resolve()
      },
    })
  }
}

const inDatabase = <P>(make: (db: DatabaseSync) => P) =>
  inFolder((folder) => {
    const db = openDatabase(join(folder, 'job.db'))
    return { port: make(db), close: () => db.close() }
  })

logContract(
  'SqliteLog',
  inDatabase((db) => new SqliteLog(db)),
)
progressContract(
  'SqliteProgress',
  inDatabase((db) => new SqliteProgress(db)),
)
objectsContract(
  'FolderObjects',
  inFolder((folder) => ({ port: new FolderObjects(folder) })),
)
objectsContract(
  'SplitObjects',
  inFolder((folder) => ({
    port: new SplitObjects({ prefix: '_millrace/', inside: new FolderObjects(join(folder, 'state')), outside: new FolderObjects(join(folder, 'out')) }),
  })),
)
messagesContract('MessageList', () => {
  const clock = new VirtualClock(1_000)
  const messages = new MessageList(clock)
  const received = (withinMs: number): Promise<readonly Message[]> => {
    const untilMs = clock.now() + withinMs
    const got: Message[] = []
    for (let next = messages.peek(); next !== undefined && next.dueMs <= untilMs; next = messages.peek()) {
      messages.take(next)
      got.push(next.message)
    }
    clock.advanceTo(untilMs)
    return Promise.resolve(got)
  }
  return Promise.resolve({ port: { messages, received }, close: () => Promise.resolve() })
})
clockContract('VirtualClock', () => {
  const clock = new VirtualClock(5)
  return Promise.resolve({ port: { clock, pass: (ms: number) => Promise.resolve(clock.advanceTo(clock.now() + ms)) }, close: () => Promise.resolve() })
})
