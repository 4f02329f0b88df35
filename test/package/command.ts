import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs a command with the project's Node first in the path and returns what it printed; that is in the error when it fails. */
export async function command(cwd: string, file: string, args: readonly string[]): Promise<string> {
  // What npm sets for its scripts would make an npm in here think it works on the outer project.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST|^NODE_ENV$/.test(name)))
  try {
    const { stdout } = await run(file, args, { cwd, env: { ...env, PATH: `${dirname(process.execPath)}:${env['PATH']}` }, maxBuffer: 64 << 20 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${file} ${args.join(' ')} failed\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error })
  }
}
