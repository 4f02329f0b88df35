import type { Duration } from '../values/duration.ts'
import { positiveMs } from './check-duration.ts'
import { checkPair } from './check-pair.ts'
import { byKey, uidOf } from './check-options.ts'
import { notInReceive } from '../values/in-receive.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import type { NarrowNode, Node, OperatorContext, Push } from './node.ts'

/** Options of dropDuplicates. */
export interface DropDuplicatesOptions extends Shuffle, Named {
  /** A key is remembered for at least this long from its first record, in batch times; at most twice as long. */
  readonly within: Duration
}

/**
 * Returns a node of the rows of `[key, row]` whose key has not come within a while. Keys are kept in panes as wide as `within`, named by their ends, and dropped pane by pane:
 *
 *     |------ pane e ------|                  a key that came at t (t <= e) is remembered until e + within,
 *          t               e      e + within  so for at least `within`, and at most twice as long
 *
 * @example
 * ssc.queueStream([['a1', 'b1', 'a2'], ['a3']]).dropDuplicates((word) => word.slice(0, 1), { within: seconds(10) }) // 'a1', 'b1' | nothing
 */
export function dropDuplicatesNode(parent: Node, options: DropDuplicatesOptions): NarrowNode {
  const kind = 'dropDuplicates'
  const uid = uidOf(options, kind)
  const withinMs = positiveMs((options as Partial<DropDuplicatesOptions> | undefined)?.within, `${kind}: within`)
  return Object.freeze<NarrowNode>({
    shape: 'narrow',
    kind,
    uid,
    parents: [parent],
    slideMs: parent.slideMs,
    params: { withinMs, numPartitions: options.numPartitions ?? null },
    distribution: byKey(options, kind),
    keepsKeys: false,
    stateful: { keeps: { withinMs } },
    open: import.meta.inReceive ? notInReceive : (down, context) => open(withinMs, down, context),
  })
}

function open(withinMs: number, down: Push, { state, time }: OperatorContext): { readonly push: Push; readonly end: () => void } {
  const pane = Math.ceil(time / withinMs) * withinMs
  const push: Push = (row) => {
    checkPair(row, 'dropDuplicates')
    const [key, value] = row
    // What is in an older pane than the one before came longer ago than `within`.
    if (state.get(pane, key) === true || state.get(pane - withinMs, key) === true) return
    state.put(pane, key, true)
    down(value)
  }
  const end = (): void => {
    for (const ended of state.groups()) if (ended < pane - withinMs) state.drop(ended)
  }
  return { push, end }
}
