import { readFileSync } from 'node:fs'
import { MillraceError } from '../values/errors.ts'
import type { Command, CommandIo } from './command.ts'
import { COMMANDS } from './commands.ts'
import { describe } from './describe-error.ts'

export interface MainIo extends CommandIo {
  /** The exit code of a command that was stopped: 130 after Ctrl-C. */
  stopCode?(): number
}

/** Runs a command line (without `node millrace`) and returns the exit code: 0 all done, 1 failed, 2 not understood, 3 stuck (status), 130 stopped. */
export async function main(args: readonly string[], io: MainIo): Promise<number> {
  try {
    const [name, ...rest] = args
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      io.stdout.write(overview())
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-v') {
      io.stdout.write(`${version()}\n`)
      return 0
    }
    const command = COMMANDS.find((one) => one.name === name)
    if (command === undefined)
      throw new MillraceError('USAGE', `there is no command '${name}'; there are ${COMMANDS.map((one) => one.name).join(', ')}, and millrace --help says more`)
    const body = await command.load()
    if (rest.includes('--help') || rest.includes('-h')) {
      io.stdout.write(`usage: millrace ${command.name} ${command.usage}\n\n${body.help}\n`)
      return 0
    }
    return await body.run(rest, io)
  } catch (error) {
    io.stderr.write(`millrace: ${describe(error)}\n`)
    if (error instanceof MillraceError && error.code === 'STOPPED') return io.stopCode?.() ?? 130
    return error instanceof MillraceError && (error.code === 'USAGE' || error.code === 'BAD_PROGRAM') ? 2 : 1
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => line(command).length))
  return `usage: millrace COMMAND ...\n\n${COMMANDS.map((command) => `  ${line(command).padEnd(width)}   ${command.summary}`).join('\n')}\n\nmillrace COMMAND --help says more.\n`
}

function line(command: Command): string {
  return `${command.name} ${command.usage}`
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  return version
}
