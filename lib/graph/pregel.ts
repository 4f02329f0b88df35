import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import type { EdgeTriplet } from './edge.ts'
import type { Parts } from './parts.ts'

/** What a vertex does with its messages, what an edge sends, and how messages to one vertex become one. */
export interface PregelProgram<VD, ED, A> {
  vertexProgram(id: Key, attr: VD, message: A): VD
  /** Returns `[id, message]` for either end of the edge. */
  sendMessage(triplet: EdgeTriplet<VD, ED>): Iterable<readonly [Key, A]>
  mergeMessages(a: A, b: A): A
}

export interface PregelOptions {
  /** @default no limit: it ends when nothing is sent */
  readonly maxIterations?: number
  /** Which ends must have been sent a message for an edge to send: its source, its destination, one of them, both. @default 'Either' */
  readonly activeDirection?: 'Out' | 'In' | 'Either' | 'Both'
}

const DIRECTIONS = ['Out', 'In', 'Either', 'Both']

/** Returns the attributes of the vertices after GraphX's Pregel. */
export function runPregel<VD, ED, A>(
  { ids, src, dst, vertexAttrs, edgeAttrs }: Parts<VD, ED>,
  numberOf: (id: Key) => number | undefined,
  initialMessage: A,
  { vertexProgram, sendMessage, mergeMessages }: PregelProgram<VD, ED, A>,
  { maxIterations = Infinity, activeDirection = 'Either' }: PregelOptions,
): readonly VD[] {
  // Also NaN: no loop begins with it.
  if (!(maxIterations > 0)) throw new MillraceError('BAD_VALUE', `pregel: maxIterations is ${describeValue(maxIterations)}; it must be a number more than 0`)
  if (!DIRECTIONS.includes(activeDirection))
    throw new MillraceError('BAD_VALUE', `pregel: activeDirection is ${describeValue(activeDirection)}; it must be one of ${DIRECTIONS.join(', ')}`)
  const attrs = vertexAttrs.map((attr, v) => vertexProgram(ids[v] as Key, attr, initialMessage))
  const isActive =
    activeDirection === 'Out'
      ? (s: boolean) => s
      : activeDirection === 'In'
        ? (_s: boolean, d: boolean) => d
        : activeDirection === 'Both'
          ? (s: boolean, d: boolean) => s && d
          : (s: boolean, d: boolean) => s || d
  let inbox = new Map<number, A>()
  const put = (to: Key, message: A, s: number, d: number): void => {
    const v = numberOf(to)
    if (v !== s && v !== d) throw new MillraceError('BAD_VALUE', `pregel: an edge sent a message to ${describeValue(to)}, which is neither of its ends`)
    inbox.set(v, inbox.has(v) ? mergeMessages(inbox.get(v) as A, message) : message)
  }
  let active: ReadonlyMap<number, A> | undefined
  for (let i = 0; i < maxIterations; i++) {
    inbox = new Map()
    for (let e = 0; e < src.length; e++) {
      const [s, d] = [src[e] as number, dst[e] as number]
      if (active !== undefined && !isActive(active.has(s), active.has(d))) continue
      const triplet = { srcId: ids[s] as Key, dstId: ids[d] as Key, srcAttr: attrs[s] as VD, dstAttr: attrs[d] as VD, attr: edgeAttrs[e] as ED }
      for (const [to, message] of sendMessage(triplet)) put(to, message, s, d)
    }
    if (inbox.size === 0) break
    for (const [v, message] of inbox) attrs[v] = vertexProgram(ids[v] as Key, attrs[v] as VD, message)
    active = inbox
  }
  return attrs
}
