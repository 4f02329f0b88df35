import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Rdd } from '../rdd/rdd.ts'
import { time, type Time } from '../values/time.ts'
import { checkFunction, checkIterable, refusePromise } from './check-function.ts'
import { sameSlide } from './check-slides.ts'
import type { WholeBatch } from './keyed-options.ts'
import type { BarrierNode, Node, OperatorContext } from './node.ts'
import { notInReceive } from '../values/in-receive.ts'

/**
 * Returns a node whose batches are `f(batches of the parents, time)`: any function of whole batches. Forces one partition, or is called per partition.
 * Also transformWith, StreamingContext.transform, mapPartitions and glom.
 * @example
 * ssc.queueStream([[3, 1, 2]]).transform((rdd) => rdd.sortBy((n) => n)) // 1, 2, 3
 */
export function transformNode(
  parents: readonly Node[],
  f: (rdds: readonly Rdd<never>[], at: Time) => unknown,
  options: WholeBatch | undefined,
  kind = 'transform',
): BarrierNode {
  checkFunction(f, kind)
  const apply = f as (rdds: readonly Rdd<unknown>[], at: Time) => unknown
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid: undefined,
    parents,
    slideMs: sameSlide(parents, kind),
    params: { perPartition: options?.perPartition === true },
    distribution: options?.perPartition === true ? { kind: 'none' } : { kind: 'whole' },
    combiner: undefined,
    stateful: undefined,
    keepsKeys: false,
    compute: import.meta.inReceive
      ? notInReceive
      : (inputs, context) =>
          rowsOf(
            apply(
              inputs.map((rows) => new context.Rdd(rows)),
              time(context.time),
            ),
            kind,
            context,
          ),
  })
}

/** Returns the function of a transform of one stream, checked, in the form for several. */
export function ofOne(f: (rdd: Rdd<never>, at: Time) => unknown, kind: string): (rdds: readonly Rdd<never>[], at: Time) => unknown {
  checkFunction(f, kind)
  return ([rdd], at) => f(rdd as Rdd<never>, at)
}

/** The same of a transform of two streams. */
export function ofTwo(f: (rdd: Rdd<never>, other: Rdd<never>, at: Time) => unknown, kind: string): (rdds: readonly Rdd<never>[], at: Time) => unknown {
  checkFunction(f, kind)
  return ([rdd, other], at) => f(rdd as Rdd<never>, other as Rdd<never>, at)
}

/** The same of a function over the rows of a partition. */
export function ofPartition(f: (values: Iterable<never>) => unknown, kind: string): (rdds: readonly Rdd<never>[], at: Time) => unknown {
  checkFunction(f, kind)
  return ([rdd]) => (rdd as Rdd<never>).mapPartitions((rows) => checkIterable(f(rows), kind))
}

function rowsOf(result: unknown, kind: string, { Rdd }: OperatorContext): readonly unknown[] {
  if (result instanceof Rdd) return result.collect()
  refusePromise(result, kind)
  throw new MillraceError(
    'BAD_VALUE',
    `the function of ${kind} returned ${describeValue(result)}; it must return an RDD made of the one it was given: rdd.filter(() => false) for no rows`,
  )
}
