// Once, before all files of test:sinks: the servers. One that cannot start fails the suite.
import { script as kafka } from './kafka/script.ts'
import { script as postgres } from './postgres/script.ts'
import { script as databases } from './recipes/script.ts'

export async function setup(): Promise<() => Promise<void>> {
  const servers = [postgres, kafka, databases]
  const said = await Promise.all(servers.map((script) => script('start')))
  return async () => {
    // One that ran before goes on running.
    await Promise.all(servers.filter((_, i) => said[i]?.includes('runs already') !== true).map((script) => script('stop')))
  }
}
