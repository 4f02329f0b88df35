import { sinkCases, type SinkSubject } from 'millrace/testing'
import { describe, it } from 'vitest'

/** The suite that every sink runs: lib/testing/sink-contract.ts, case by case. */
export function sinkContract(title: string, subject: SinkSubject, timeoutMs = 30_000): void {
  describe(`the sink contract: ${title}`, () => {
    it.each(sinkCases)('$name', { timeout: timeoutMs }, ({ run }) => run(subject))
  })
}
