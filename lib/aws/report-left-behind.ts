import { catchLeftBehind } from '../values/left-behind.ts'
import { logLine } from './log-line.ts'

/** In Lambda, what functions of the program leave behind becomes a line of the log, and does not end the process. */
export function reportLeftBehind(job: string): void {
  if (process.env['AWS_LAMBDA_RUNTIME_API'] === undefined) return
  catchLeftBehind(process, (error) => process.stdout.write(`${logLine(job, { event: 'leftBehind', ...error }, Date.now())}\n`))
}
