import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Starts or stops the servers of localstack/databases. */
export async function script(name: 'start' | 'stop'): Promise<string> {
  const { stdout } = await promisify(execFile)('localstack/databases/servers.sh', [name])
  return stdout
}
