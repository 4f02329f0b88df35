import { globSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FoundFile } from '../../dstream/file-selection.ts'

const GLOB = /[*?[\]{}]/

/** Returns the files that stand directly in a directory, or in the directories that a glob selects. Throws where a plain directory cannot be read. */
export function listFolder(directory: string): readonly FoundFile[] {
  const directories = GLOB.test(directory)
    ? globSync(directory).filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    : [directory]
  return directories.sort().flatMap((one) =>
    readdirSync(one).flatMap((name): readonly FoundFile[] => {
      const path = join(one, name)
      // It may have been moved away in the meantime.
      const found = statSync(path, { throwIfNoEntry: false })
      return found?.isFile() === true ? [{ path, modifiedMs: Math.floor(found.mtimeMs) }] : []
    }),
  )
}
