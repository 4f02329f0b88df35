import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'millrace'
import { type EmbeddedOptions, runEmbedded } from 'millrace/embedded'
import { randomOf } from 'millrace/testing'
import { buildJob, inputName, type Kinesis, outputName } from './build.ts'
import { callsOf, differences, type Shown, usedInputs } from './check.ts'
import { interpret } from './interpret.ts'
import { INTERVAL_MS, type Program } from './operator.ts'
import { textOf, type Value } from './values.ts'

/** When stream time begins: a multiple of all slides, which are products of 2 and 3. */
const START_MS = 2 ** 7 * 3 ** 5 * 56_900 * 1000

/** So small that states lie in many buckets, few of which are in memory, and most of what is written goes to objects. */
const SMALL: EmbeddedOptions['settings'] = { tailEntries: 3, tailBytes: 2000, bucketBytes: 200, stateCacheBytes: 2000, logCacheBytes: 2000, spillBytes: 300 }

const LAYOUTS: Readonly<Record<string, EmbeddedOptions>> = {
  'embedded, 1 partition, 1 shard': { partitions: 1, shards: 1, settings: SMALL },
  'embedded, 4 partitions, 3 shards': { partitions: 4, shards: 3, settings: SMALL },
}

/** Records say when they arrive. Those without a row pin the beginning and the end. */
const dated: Kinesis = (ssc, name) =>
  ssc
    .kinesisStream(name, json())
    .filter((record) => (record as { readonly row?: Value }).row !== undefined)
    .map((record) => (record as { readonly row: string }).row)

/** Runs a program in this process on files, killed a few times; returns what it did otherwise than it means, a line each. */
export async function checkEmbedded(program: Program): Promise<readonly string[]> {
  const meant = interpret(program, { startMs: START_MS }) ?? []
  const wrong: string[] = []
  // Queues without a row are at their end before the first batch: such a run makes none, and runBatches must do.
  if (usedInputs(program).every((i) => program.inputs[i]!.kind === 'queue' && program.inputs[i]!.batches.every((rows) => rows.length === 0))) return []
  for (const [layout, options] of Object.entries(LAYOUTS)) {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-program-'))
    try {
      const seen = new Map<string, readonly Value[]>()
      const deadLetters = await runKilled(program, seen, {
        ...options,
        ...pathsIn(folder),
        inputs: inputsOf(program, folder),
        timeField: 'at',
        startMs: START_MS,
        // An input that ends with silent batches has ended before them.
        drainMs: program.batches * INTERVAL_MS,
      })
      if (deadLetters > 0) wrong.push(`${layout}: ${deadLetters} dead letters`)
      wrong.push(
        ...differences(
          program,
          meant,
          (i, kind) => (kind === 'json' || kind === 'text' ? filesOf(join(folder, 'out'), outputName(i)) : callsOf(seen, outputName(i))),
          START_MS,
        ).map((what) => `${layout}: ${what}`),
      )
    } catch (error) {
      wrong.push(`${layout}: throws ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return wrong
}

const pathsIn = (folder: string): EmbeddedOptions => ({ state: join(folder, 'state'), output: join(folder, 'out') })

/** A process that dies at a put of the log, before it or after it, and is started again, twice; then it runs to its end. */
async function runKilled(program: Program, seen: Map<string, readonly Value[]>, options: EmbeddedOptions): Promise<number> {
  const random = randomOf(program.seed)
  const dies = new Error('dies')
  for (const attempt of [0, 1, 2]) {
    let left = attempt < 2 ? random.int(40) : Infinity
    const before = random.chance(0.5)
    try {
      const summary = await runEmbedded(buildJob(program, seen, dated), {
        ...options,
        wrapPorts: (ports) => ({
          ...ports,
          log: {
            put: async (key, bytes, how) => {
              const killed = left-- <= 0
              if (killed && before) throw dies
              const there = await ports.log.put(key, bytes, how)
              if (killed) throw dies
              return there
            },
            get: (key, how) => ports.log.get(key, how),
            getMany: (keys, how) => ports.log.getMany(keys, how),
            newest: (log) => ports.log.newest(log),
          },
        }),
      })
      return summary.deadLetters
    } catch (error) {
      if (error !== dies) throw error
    }
  }
  throw new Error('it never ended')
}

function inputsOf(program: Program, folder: string): NonNullable<EmbeddedOptions['inputs']> {
  const at = (batch: number): string => new Date(START_MS + batch * INTERVAL_MS + 1).toISOString()
  return Object.fromEntries(
    usedInputs(program).flatMap((i) => {
      const { kind, batches } = program.inputs[i]!
      if (kind === 'queue') return []
      const path = join(folder, `${inputName(i)}.jsonl`)
      const lines = [
        JSON.stringify({ at: at(0) }),
        ...batches.flatMap((rows, batch) => rows.map((row) => `{"at":"${at(batch)}","row":${textOf(row)}}`)),
        JSON.stringify({ at: at(program.batches - 1) }),
      ]
      writeFileSync(path, `${lines.join('\n')}\n`)
      return [[inputName(i), { path }]]
    }),
  )
}

function filesOf(out: string, name: string): Shown {
  const shown = new Map<number, readonly string[]>()
  for (const directory of readdirSync(out)) {
    if (!directory.startsWith(`${name}-`)) continue
    const parts = readdirSync(join(out, directory)).filter((part) => part.startsWith('part-'))
    shown.set(
      Number(directory.slice(name.length + 1)),
      parts.flatMap((part) =>
        readFileSync(join(out, directory, part), 'utf8')
          .split('\n')
          .slice(0, -1),
      ),
    )
  }
  return shown
}
