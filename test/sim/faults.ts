/** What can go wrong in a simulated world; a seed switches on some. */
export const FAULTS = [
  // processes and their requests (lib/testing/faulty-ports.ts)
  'kill',
  'pause',
  'retry',
  'error',
  'stale',
  'slow',
  // messages
  'loss',
  'double',
  'delay',
  // the event source mapping and its stream
  'redeliver',
  'storm',
  'bisect',
  'reshard',
  'skew',
  // the clocks of processes
  'clocks',
  'silence',
  // records are waiting when the job starts
  'backlog',
  // invocations and warm processes
  'shared',
  'cold',
  'short',
  'deploy',
  // the second version of a program has another interval, if it may
  'regrid',
  // the stores
  'expiry',
  'spill',
  // batches take few records, and few bytes
  'bounded',
  // the program
  'bad',
  'fails',
] as const
export type Fault = (typeof FAULTS)[number]
