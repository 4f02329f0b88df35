// Bugs that are planted by rewriting a source file's text as it is loaded. Each must be caught by the simulator; a text that is not found is a failure.
import type { Fault } from './faults.ts'

export interface Plant {
  readonly name: string
  /** Under lib/. */
  readonly file: string
  readonly find: string
  readonly replace: string
  /** A second place in the same file. */
  readonly also?: { readonly find: string; readonly replace: string }
  /** Who must catch it, where that is not the simulator. */
  readonly by?: 'embedded run' | 'random programs'
  /** The faults under which it shows; left out: the random mix. */
  readonly on?: readonly Fault[]
  /** How likely a request is to go wrong. */
  readonly rate?: number
  /** The place in PROGRAMS of the one program that shows it; left out: any. */
  readonly program?: number
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'no condition on the put',
    file: 'runtime/ports/memory-log.ts',
    find: 'if (there !== undefined) return Promise.resolve(there.bytes.slice())',
    replace: '',
    on: ['pause', 'redeliver', 'double', 'shared'],
  },
  {
    name: 'state changed in place before the commit',
    file: 'runtime/task/task.ts',
    find: 'const id = run.newId()\n  const leftOut',
    replace: 'cached.state.apply(changes)\n  const id = run.newId()\n  const leftOut',
    // Shows where a put of a task was lost, and the same process computes it again.
    on: ['error', 'shared'],
    rate: 0.1,
    // It keeps a state that counts: what is applied twice shows.
    program: 0,
  },
  {
    name: 'a batch allocated before the last one is finished',
    file: 'runtime/batch/tick.ts',
    find: '!isFinished(progress)',
    replace: 'false',
    on: ['pause', 'double', 'delay', 'slow'],
  },
  {
    name: 'a batch closed before the one before it',
    file: 'runtime/batch/advance.ts',
    find: 'await closeBefore(run, batch, closing)\n',
    replace: '',
    on: ['pause', 'delay', 'slow'],
  },
  {
    name: 'a batch allocated in a lag that does not say what it closes',
    file: 'runtime/batch/tick.ts',
    find: 'ahead ? own?.told : undefined',
    replace: 'undefined',
    on: ['pause', 'delay', 'kill', 'slow'],
  },
  {
    name: 'a batch computed from a stale cache',
    file: 'runtime/task/task-state.ts',
    find: 'const known = run.memory.states.get(log, run.now())\n  if (known !== undefined && known.entry <= k',
    replace:
      'const known = run.memory.states.get(log, run.now())\n  if (known !== undefined && known.entry < k) known.entry = k\n  if (known !== undefined && known.entry <= k',
    on: ['shared'],
  },
  {
    name: "a partition's entry before its registration",
    file: 'runtime/receive/receive.ts',
    find: 'await register(run, request, batch)\n',
    replace: '',
    also: {
      find: '    if (decided.mine) {\n',
      replace: '    if (decided.mine) {\n      if (key.n === 0) await register(run, request, await batchHead(run))\n',
    },
    on: ['kill', 'cold'],
  },
  {
    name: "a child shard read before its parent's end",
    file: 'runtime/batch/read-inputs.ts',
    find: 'const [strong, weak] = [rows.filter((row) => full || row.isNew || ancestors.has(row)), rows.filter((row) => !full && !row.isNew && !ancestors.has(row))]',
    replace: 'const [strong, weak] = [rows.filter((row) => full || row.isNew), rows.filter((row) => !full && !row.isNew)]',
    on: ['reshard', 'stale', 'skew', 'cold'],
  },
  {
    name: "a child shard seen before a bounded batch has seen its parent's end",
    file: 'runtime/batch/bound.ts',
    find: 'return !held && to >= (logs[i]?.holds ?? -1)',
    replace: 'return true',
    on: ['reshard', 'bounded', 'short'],
  },
  {
    name: 'a child shard that waits for no parent after the batch in which it came',
    file: 'runtime/batch/read-inputs.ts',
    find: "open(isOld ? { ...row, floor: 0 } : row, isOld ? 'all' : row.after, isOld)",
    replace: "open(isOld ? { ...row, floor: 0 } : row, isOld ? 'all' : undefined, isOld)",
    on: ['reshard', 'bounded', 'short'],
  },
  {
    name: 'a batch that takes more records than its bound',
    file: 'runtime/batch/bound.ts',
    find: 'records + entry.records > maxRecords',
    replace: 'false',
    on: ['bounded', 'slow'],
  },
  {
    name: 'outputs published before the commit',
    file: 'runtime/task/task.ts',
    find: "const decided = await timed(run, 'put', () => decide(run, key, entry))\n  if (decided.mine) {\n    adopt",
    replace:
      "await publish(run, batch, { stage: stage.uid, partition, entry, skip: new Set() })\n  const decided = await timed(run, 'put', () => decide(run, key, entry))\n  if (decided.mine) {\n    adopt",
    on: ['double'],
  },
  {
    name: 'a receiver log that starts at 0 again after expiry',
    file: 'runtime/receive/receive.ts',
    find: 'return { n: row.to, last: row.last,',
    replace: 'return { n: -1, last: row.last,',
    on: ['expiry', 'cold'],
  },
  {
    name: 'a loser that deletes its spill',
    file: 'runtime/receive/receive.ts',
    find: "const decided = await timed(run, 'put', () => decide(run, key, entry))",
    replace:
      "const decided = await timed(run, 'put', () => decide(run, key, entry)).catch(async (error: unknown) => {\n      for (const block of entry.blocks) if ('key' in block.data) await run.ports.objects.delete([block.data.key])\n      throw error\n    })",
    on: ['spill', 'error', 'redeliver'],
  },
  {
    name: 'a deploy number ignored',
    file: 'runtime/logs/read-log.ts',
    find: 'entry.deploy > run.deploy',
    replace: 'false',
    on: ['deploy', 'pause', 'slow', 'double'],
  },
  {
    name: 'an unclamped arrival time',
    file: 'sources/kinesis/source.ts',
    find: 'Math.min(record.arrivalMs, nowMs)',
    replace: 'record.arrivalMs',
    on: ['skew'],
  },
  {
    name: 'what a bad record did before it threw is kept',
    file: 'plan/open-receive.ts',
    find: 'run(value)\n    }\n  }',
    replace: 'try { run(value) } catch {}\n    }\n  }',
    on: ['bad'],
  },
  {
    name: 'a new input partition that waits for all that were registered before it, whatever their stream',
    file: 'runtime/batch/read-inputs.ts',
    find: 'if (row?.after === undefined || row.after.length === 0) return []',
    replace: 'if (row?.after === undefined) return []',
    also: {
      find: "if (other?.stream !== row.stream || (row.after !== 'all' && !row.after.includes(other.shard))) continue",
      replace: '',
    },
    on: ['backlog'],
  },
  {
    name: 'a new input partition that waits for all of its stream that were registered before it',
    file: 'runtime/entries/ancestors.ts',
    find: 'return ancestors.names.filter(isRegistered)',
    replace: "return 'all'",
    on: ['backlog'],
  },
  {
    name: 'a new input partition that waits for its parents, and not for theirs where no record of a parent came',
    file: 'runtime/entries/ancestors.ts',
    find: 'if (before === undefined) unlisted.push(name)\n    else open.push(...before)',
    replace: 'if (before === undefined) unlisted.push(name)',
    on: ['reshard', 'stale', 'backlog', 'skew', 'slow'],
  },
  {
    name: 'operators of every batch that wait for the first record',
    file: 'runtime/batch/begin.ts',
    find: 'if (!runsFromBeginning(run.plan)) return null',
    replace: 'return null',
    by: 'random programs',
  },
  {
    name: 'a new input partition of which only its first entry is read',
    file: 'runtime/batch/read-inputs.ts',
    find: 'if (row === undefined || last === undefined) return row === undefined',
    replace: 'if (row === undefined || last === undefined) return row === undefined\n  if (row.isNew) return true',
    on: ['backlog', 'short', 'reshard'],
  },
  {
    name: 'snapshots of states that are looked for where their readers want them',
    file: 'plan/place.ts',
    find: "else if (node.shape === 'barrier' && node.stateOf !== undefined)",
    replace: 'else if (false)',
    also: { find: ' || node.stateOf !== undefined) continue', replace: ') continue' },
    on: [],
  },
  {
    name: 'rows that are no pairs, spread by a key that they do not have',
    file: 'plan/sinks.ts',
    find: "this.keyed = exchange.spread === 'key' && exchange.pairsOnly",
    replace: "this.keyed = exchange.spread === 'key'",
    on: [],
  },
  {
    name: 'an embedded run that ends while bounded batches have records waiting',
    file: 'embedded/replay.ts',
    find: 'if (left.texts.length === 0 && left.timeMs <= this.#endMs) return',
    replace: 'return',
    by: 'embedded run',
  },
  {
    name: 'a batch in flight is not finished as it was cut',
    file: 'runtime/task/plan-of-batch.ts',
    find: 'if (shape === undefined || shape === plan.shape) return plan',
    replace: 'return plan\n  if (shape === undefined) return plan',
    on: ['deploy', 'delay', 'kill'],
  },
  {
    name: 'an exchange is found under its own uid alone',
    file: 'runtime/entries/adopt-blocks.ts',
    find: 'const readers = name.readers.filter((reader) => allows?.(reader) !== false)',
    replace: 'const readers: readonly ReaderName[] = []',
    on: ['deploy', 'delay', 'kill'],
  },
]
