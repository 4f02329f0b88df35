// Starts the real command line in a process of its own.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'

export const root = resolve(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>
  readonly ended: Promise<Ended>
  /** What it has written so far. */
  readonly stdout: () => string
}

export function startNode(
  args: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: string | null; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(process.execPath, [...args], {
    cwd: options.cwd ?? root,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, npm_command: undefined, ...options.env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {}) // it may have been killed before it read
  if (options.stdin !== null) child.stdin.end(options.stdin ?? '')
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })))
  return { process: child, ended, stdout: () => stdout }
}

export function startCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: string | null; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  return startNode([join(root, 'bin/millrace.mjs'), ...args], options)
}

export function runCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly stdin?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return startCli(args, options).ended
}

/** Every file below a folder and its bytes as text (latin1: each byte counts). */
export function filesOf(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile())
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'latin1')]))
}
