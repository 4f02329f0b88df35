// Runs a job embedded and kills its own process at a named point: FILE INPUT STATE OUTPUT [POINT NTH].
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { runEmbedded } from '../../lib/embedded/run-embedded.ts'
import type { Job } from '../../lib/program/job.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'

const [file = '', input = '', state = '', output = '', point, nth = '1'] = process.argv.slice(2)

let passed = 0
function at(name: string): void {
  if (name !== point || ++passed < Number(nth)) return
  writeSync(1, `killed at ${name}\n`)
  process.kill(process.pid, 'SIGKILL')
  for (;;); // the signal is on its way
}

function withPoints(ports: Ports): Ports {
  const { log, progress, objects } = ports
  let spilled = false
  let snapshot = false
  return {
    ...ports,
    log: {
      get: (key, how) => log.get(key, how),
      getMany: (keys, how) => log.getMany(keys, how),
      newest: (name) => log.newest(name),
      put: async (key, bytes, options) => {
        if (spilled) at('spill-entry')
        if (snapshot && key.log.startsWith('task/')) at('snapshot-entry')
        spilled = snapshot = false
        const there = await log.put(key, bytes, options)
        if (there === null && key.log === 'inputs') at('registration-entry')
        if (there === null && key.log === 'batch') at('batch-task')
        if (there === null && key.log.startsWith('task/')) at('entry-publish')
        return there
      },
    },
    objects: {
      get: (key, range) => objects.get(key, range),
      list: (prefix) => objects.list(prefix),
      delete: (keys) => objects.delete(keys),
      copy: (from, to) => objects.copy(from, to),
      put: async (key, bytes) => {
        if (key.endsWith('/_SUCCESS')) at('progress-success')
        await objects.put(key, bytes)
        spilled ||= key.startsWith('_millrace/spill/')
        snapshot ||= key.startsWith('_millrace/state/')
      },
    },
    progress: {
      get: (batch) => progress.get(batch),
      add: async (batch, update) => {
        if (update.names.includes('finish')) at('success-finish')
        else if (update.names.length > 0) at('publish-progress')
        return progress.add(batch, update)
      },
    },
  }
}

const job = ((await import(pathToFileURL(file).href)) as { readonly default: Job }).default
await runEmbedded(job, {
  inputs: { readings: { path: input } },
  state,
  output,
  shards: 3,
  rate: 250,
  startMs: 1_770_000_000_000,
  settings: { spillBytes: 700, tailEntries: 3 },
  wrapPorts: withPoints,
})
