import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Node } from './node.ts'
import { places } from './places.ts'

/** Where a program calls an operator. Beside the nodes, not in them: a line that moved is no other program. */
const stacks = new WeakMap<Node, string>()

/** Of the stack as V8 writes it: `at f (file:///a/b.ts:1:2)` or `at /a/b.ts:1:2`. */
const FRAME = /\(?((?:file:\/\/)?\/[^()]*?|[A-Za-z]:\\[^()]*?):(\d+):\d+\)?$/

/** From here on it is remembered where programs call operators: to be called before a job is planned for the first time. */
export function notePlaces(): void {
  places.note = (node) => {
    if (stacks.has(node)) return
    const { stack } = new Error('place')
    if (stack !== undefined) stacks.set(node, stack)
  }
}

export interface SourcePlace {
  /** Path as Node names it; with source maps on, that of the source. */
  readonly file: string
  readonly line: number
}

/** Returns the place in the user's program at which an operator was called; undefined: it is not known, as in a bundle without source maps. */
export function placeOf(node: Node): SourcePlace | undefined {
  const frames = (stacks.get(node) ?? '').split('\n').flatMap((line) => {
    const [, path, number] = FRAME.exec(line.trim()) ?? []
    return path === undefined ? [] : [{ file: path.startsWith('file://') ? fileURLToPath(path) : path, line: Number(number) }]
  })
  // The first frame is this file's: what lies in the package is not the user's.
  const own = frames[0] === undefined ? undefined : dirname(dirname(frames[0].file))
  return own === undefined ? undefined : frames.find(({ file }) => !file.startsWith(`${own}/`) && !file.startsWith(`${own}\\`))
}
