/**
 * Thrown where state is read that is in no memory yet. Which buckets those are stands in PartitionState.missing; whoever computes lets them be read and computes anew.
 * One object, without a stack: a batch may meet it once per row.
 */
export class NotLoaded extends Error {
  constructor() {
    super('state was read that has not been loaded')
    this.stack = undefined as unknown as string
  }
}

export const NOT_LOADED: NotLoaded = new NotLoaded()
