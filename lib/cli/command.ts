/** What a command may touch of the process it runs in. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }
  readonly stderr: { write(text: string): unknown }
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** Aborted by the first Ctrl-C or SIGTERM; who never asks ends by it. */
  interrupted?(): AbortSignal
  /** Tells what a command was waiting for, should the process run out of things to do before it has ended. */
  whenStalled?(tell: () => string): void
}

/** One command of `millrace`. It returns the exit code, or throws: MillraceError 'USAGE' ends with 2, everything else with 1. */
export interface Command {
  readonly name: string
  /** What follows the name, e.g. `FILE [options]`. */
  readonly usage: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Loaded when it is called, so that a command needs only its own dependencies. */
  load(): Promise<CommandBody>
}

export interface CommandBody {
  /** Shown by --help, below the usage. */
  readonly help: string
  run(args: readonly string[], io: CommandIo): Promise<number>
}
