import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs one of the scripts of localstack/kafka. */
export async function script(name: 'start' | 'stop', env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(`localstack/kafka/${name}.sh`, [], { env: { ...process.env, ...env } })
  return stdout
}
