import { LiveView } from '../embedded/views/live-view.ts'
import { PlainView } from '../embedded/views/plain-view.ts'
import type { RunView } from '../embedded/views/run-status.ts'
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
