// The results of several jobs stand in one folder, ./out: each begins and ends while others write.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FolderObjects } from '../../../lib/embedded/stores/folder-objects.ts'

test('a job that begins and ends in the folder of another takes nothing away from it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-shared-'))
  try {
    const objects = new FolderObjects(folder)
    let writing = true
    const others = (async () => {
      while (writing) {
        new FolderObjects(folder).close()
        // Time for a few steps of a write.
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const names = Array.from({ length: 300 }, (_, i) => `words-${i}/part-00000`)
    for (const name of names) await objects.put(name, Buffer.from(name))
    writing = false
    await others
    for (const name of names) expect(readFileSync(join(folder, name), 'utf8')).toBe(name)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
