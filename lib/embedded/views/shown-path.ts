import { isAbsolute } from 'node:path'

/** Returns a path as a terminal shows it: one that is relative begins with a dot. */
export function shownPath(path: string): string {
  return isAbsolute(path) || /^\.\.?\//.test(path) ? path : `./${path}`
}
