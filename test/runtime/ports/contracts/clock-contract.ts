import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../../../lib/runtime/ports/clock.ts'
import type { Make } from './fixture.ts'

/** A clock, and how to let time go by. */
export interface DrivenClock {
  readonly clock: Clock
  pass(ms: number): Promise<void>
}

/** What every Clock must do. */
export function clockContract(name: string, make: Make<DrivenClock>): void {
  describe(`${name} is a Clock`, () => {
    let driven: DrivenClock
    let close: () => Promise<void>
    beforeEach(async () => {
      const made = await make()
      driven = made.port
      close = made.close
    })
    afterEach(() => close())

    test('tells whole milliseconds', () => {
      for (let i = 0; i < 50; i++) expect(Number.isSafeInteger(driven.clock.now())).toBe(true)
    })

    test('goes on with time, and never back', async () => {
      const start = driven.clock.now()
      let last = start
      for (let i = 0; i < 5; i++) {
        await driven.pass(5)
        expect(driven.clock.now()).toBeGreaterThanOrEqual(last)
        last = driven.clock.now()
      }
      expect(last - start).toBeGreaterThanOrEqual(20)
    })
  })
}
