// millrace/embedded: runs a job in this process, on files, with its state in SQLite. Name by name.
export { type EmbeddedInput, type EmbeddedOptions } from './embedded-options.ts'
export { runEmbedded } from './run-embedded.ts'
export type { Percentiles, Resumption, RunHeader, RunStatus, RunSummary, RunView } from './views/run-status.ts'
