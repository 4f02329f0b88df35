import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { uidOf } from './check-options.ts'
import type { Named, WholeBatch } from './keyed-options.ts'
import type { Distribution, Node, OutputNode } from './node.ts'

/** A relative path of names: it becomes a folder or an object key. */
const PREFIX = /^[^/\\]+(\/[^/\\]+)*$/
const MAX_PREFIX = 256

/** Returns a node that writes one folder of part files per batch, `prefix-<TIME_IN_MS>[.suffix]`. */
export function saveAsFilesNode(parent: Node, kind: 'text' | 'json' | 'object', prefix: string, suffix = ''): OutputNode {
  const operator = { text: 'saveAsTextFiles', json: 'saveAsJsonFiles', object: 'saveAsObjectFiles' }[kind]
  const bad =
    typeof prefix !== 'string' ||
    prefix.length > MAX_PREFIX ||
    !PREFIX.test(prefix) ||
    prefix.split('/').some((name) => name === '.' || name === '..') ||
    prefix.startsWith('_millrace')
  if (bad)
    throw new MillraceError(
      'BAD_PROGRAM',
      `${operator} got ${describeValue(prefix)} as its prefix; it must be a relative path of names, such as 'counts' or 'reports/counts', without '..', and not under _millrace`,
    )
  if (typeof suffix !== 'string' || /[/\\]/.test(suffix))
    throw new MillraceError('BAD_PROGRAM', `${operator} got ${describeValue(suffix)} as its suffix; it must be a string without slashes, such as 'txt'`)
  return output(parent, operator, undefined, { kind: 'none' }, { kind, prefix, suffix }, { prefix, suffix })
}

/** Returns a node that shows the first rows of each batch. */
export function printNode(parent: Node, num = 10): OutputNode {
  if (!Number.isInteger(num) || num < 0)
    throw new MillraceError('BAD_PROGRAM', `print got ${describeValue(num)}; it takes how many rows to show, a whole number`)
  return output(parent, 'print', undefined, { kind: 'whole' }, { kind: 'print', num }, { num })
}

/** Returns a node that hands the committed rows of each batch to the user's function, which may be asynchronous. */
export function foreachRddNode(
  parent: Node,
  call: Extract<OutputNode['output'], { readonly kind: 'foreach' }>['call'],
  options?: WholeBatch & Named,
): OutputNode {
  if (typeof call !== 'function') throw new MillraceError('BAD_PROGRAM', `foreachRDD got ${describeValue(call)}; it takes a function`)
  const distribution: Distribution = options?.perPartition === true ? { kind: 'none' } : { kind: 'whole' }
  return output(parent, 'foreachRDD', uidOf(options, 'foreachRDD'), distribution, { kind: 'foreach', call }, { perPartition: options?.perPartition === true })
}

function output(
  parent: Node,
  kind: string,
  uid: string | undefined,
  distribution: Distribution,
  where: OutputNode['output'],
  params: OutputNode['params'],
): OutputNode {
  return Object.freeze<OutputNode>({ shape: 'output', kind, uid, parents: [parent], slideMs: parent.slideMs, params, distribution, output: where })
}
