// Once, before all files of test:sinks: the servers. One that cannot start fails the suite.
import { script } from './postgres/script.ts'

export async function setup(): Promise<() => Promise<void>> {
  const said = await script('start')
  return async () => {
    // One that ran before goes on running.
    if (!said.includes('runs already')) await script('stop')
  }
}
