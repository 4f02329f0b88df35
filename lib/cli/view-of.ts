import { LiveView } from '../embedded/live-view.ts'
import { PlainView } from '../embedded/plain-view.ts'
import type { RunView } from '../embedded/run-status.ts'
import type { CommandIo } from './command.ts'

/** A live block where somebody watches, plain lines where something reads. */
export function viewOf(io: CommandIo): RunView {
  const { stdout } = io
  const write = (text: string): void => void stdout.write(text)
  const now = (): number => io.now()
  return stdout.isTTY === true
    ? new LiveView({ write, now, screen: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }) })
    : new PlainView(write, now)
}
