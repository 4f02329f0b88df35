import type { Command } from './command.ts'

/** All commands, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'run',
    usage: 'FILE.ts --input FILE|- [options]',
    summary: 'run a job on files or the standard input, here, without AWS; killed and started again it goes on',
    load: async () => (await import('./run-command.ts')).runCommand,
  },
  {
    name: 'skip',
    usage: 'FILE.ts [--state DIR]',
    summary: 'go on with a run that a failing operator stopped, without that operator in that batch',
    load: async () => (await import('./skip-command.ts')).skipCommand,
  },
]
