import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** How often it is looked whether npm is still there, ms. */
const EVERY_MS = 200

const SHELL = /^-?(?:sh|dash|ash|bash|zsh|ksh|busybox)$/

/**
 * Ends this process when the npm that started it is gone: who kills `npm start` with SIGKILL kills npm alone, and what it started would run on unseen.
 * npm starts scripts by `sh -c`; some shells become the script, others stay between it and npm.
 */
export function endWithNpm(): void {
  if (process.env['npm_command'] === undefined) return
  const parent = process.ppid
  const above = parentOf(parent)
  const npm = above !== undefined && SHELL.test(above.name) ? above.parent : undefined
  setInterval(() => {
    if (process.ppid !== parent || (npm !== undefined && !isAlive(npm))) process.kill(process.pid, 'SIGKILL')
  }, EVERY_MS).unref()
}

interface Above {
  /** Of the process that was asked about. */
  readonly name: string
  readonly parent: number
}

/** undefined: this system does not tell. */
function parentOf(pid: number): Above | undefined {
  try {
    const text =
      process.platform === 'linux' ? readFileSync(`/proc/${pid}/status`, 'utf8') : execFileSync('ps', ['-o', 'ppid=,ucomm=', '-p', String(pid)]).toString()
    const { parent, name } = (/^Name:\s*(?<name>\S+)[^]*^PPid:\s*(?<parent>\d+)/m.exec(text) ?? /^\s*(?<parent>\d+)\s+(?<name>\S+)/.exec(text))?.groups ?? {}
    return parent === undefined || name === undefined ? undefined : { name, parent: Number(parent) }
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
