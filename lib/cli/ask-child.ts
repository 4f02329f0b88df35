import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { MillraceError, type ErrorCode } from '../values/errors.ts'
import type { QueryMessage, QueryReply, QueryRequest } from './query-child.ts'

/** Beside this file, whether it runs as it is or was built. */
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './query-child.ts' : './query-child.js', import.meta.url))

/** Asks a process of its own, and ends it when the time is over or the signal says so. */
export function askChild(request: QueryRequest, { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<QueryReply> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, MILLRACE_QUERY_CHILD: '1' },
    })
    let ended: MillraceError | undefined
    const end = (error: MillraceError): void => {
      ended = error
      child.kill('SIGKILL')
    }
    const timer = setTimeout(
      () => end(new MillraceError('LIMIT_EXCEEDED', `the question took longer than ${timeoutMs / 1000} s and was ended: ask for less, or give --timeout more`)),
      timeoutMs,
    )
    const stop = (): void => end(new MillraceError('USAGE', 'the question was ended'))
    signal?.addEventListener('abort', stop)
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    child.on('message', (message: QueryMessage) => {
      done()
      if ('reply' in message) resolve(message.reply)
      else reject(message.code === undefined ? new Error(message.error) : new MillraceError(message.code as ErrorCode, message.error))
    })
    child.on('error', (error) => {
      done()
      reject(error)
    })
    child.on('exit', (code) => {
      done()
      reject(ended ?? new Error(`the process of the question ended with ${code}`))
    })
    child.send(request)
  })
}
