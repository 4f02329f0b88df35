import { MillraceError } from '../values/errors.ts'
import type { Node } from './node.ts'

/** Returns the slide that all parents share; throws when they differ. Spark's rule for union, joins and transformations of several streams. */
export function sameSlide(parents: readonly Node[], operator: string): number {
  const slides = new Set(parents.map((parent) => parent.slideMs))
  const [slideMs] = slides
  if (slideMs === undefined) throw new MillraceError('BAD_PROGRAM', `${operator} got no streams: it takes at least one`)
  if (slides.size > 1) {
    throw new MillraceError(
      'BAD_PROGRAM',
      `${operator}: Some of the DStreams have different slide durations (${[...slides].map((ms) => `${ms} ms`).join(', ')}); all must slide together: give the faster ones a window with that slide`,
    )
  }
  return slideMs
}
