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
    name: 'produce',
    usage: 'JOB|--stream NAME --input FILE|- [options]',
    summary: 'put the lines of a file to the stream of a job on AWS',
    load: async () => (await import('./produce-command.ts')).produceCommand,
  },
  {
    name: 'status',
    usage: 'JOB [options]',
    summary: 'how a job on AWS is: batches, shards, tasks, dead letters, what is stuck',
    load: async () => (await import('./status-command.ts')).statusCommand,
  },
  {
    name: 'watch',
    usage: 'JOB [options]',
    summary: 'the outputs of a job on AWS as they are committed',
    load: async () => (await import('./watch-command.ts')).watchCommand,
  },
  {
    name: 'ui',
    usage: 'JOB | --state DIR [options]',
    summary: 'a web page that shows a job on AWS, or a run that is over',
    load: async () => (await import('./ui-command.ts')).uiCommand,
  },
  {
    name: 'query',
    usage: 'JOB ["SELECT ..."] [options]',
    summary: 'ask a running job about its outputs and its state, by SQL',
    load: async () => (await import('./query-command.ts')).queryCommand,
  },
  {
    name: 'state',
    usage: 'JOB UID --key KEY [options]',
    summary: "one key of an operator's state",
    load: async () => (await import('./state-command.ts')).stateCommand,
  },
  {
    name: 'trace',
    usage: 'JOB [--batch K] [--otlp URL]',
    summary: 'the trace of a batch of a job on AWS, as OTLP',
    load: async () => (await import('./trace-command.ts')).traceCommand,
  },
  {
    name: 'skip',
    usage: 'JOB | FILE.ts [--state DIR]',
    summary: 'go on with a job that a failing operator stopped, without that operator in that batch',
    load: async () => (await import('./skip-command.ts')).skipCommand,
  },
  {
    name: 'retry',
    usage: 'JOB [options]',
    summary: 'try the batch in which an operator failed again, at once',
    load: async () => (await import('./retry-command.ts')).retryCommand,
  },
  {
    name: 'dead',
    usage: 'JOB | FILE.ts [ID] [options]',
    summary: 'records and rows that a job could not process: by operator and error, or one of them whole',
    load: async () => (await import('./dead-command.ts')).deadCommand,
  },
  {
    name: 'pause',
    usage: 'JOB [options]',
    summary: 'switch off what calls the functions of a job on AWS',
    load: async () => (await import('./switch-command.ts')).switchCommand('pause'),
  },
  {
    name: 'resume',
    usage: 'JOB [options]',
    summary: 'switch it on again',
    load: async () => (await import('./switch-command.ts')).switchCommand('resume'),
  },
  {
    name: 'rollback',
    usage: 'JOB [options]',
    summary: 'make the code that CloudFormation has restored the newest deploy',
    load: async () => (await import('./rollback-command.ts')).rollbackCommand,
  },
  {
    name: 'adopt',
    usage: 'JOB [options]',
    summary: 'take a job over whose logs are those of another stack, which is gone',
    load: async () => (await import('./adopt-command.ts')).adoptCommand,
  },
]
