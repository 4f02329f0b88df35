/** Returns the first time of a slide's grid after `time`; slides lie on multiples since the epoch. All in ms. */
export function nextSlide(time: number, slideMs: number): number {
  return (Math.floor(time / slideMs) + 1) * slideMs
}
