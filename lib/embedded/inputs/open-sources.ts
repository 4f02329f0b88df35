import type { DatabaseSync } from 'node:sqlite'
import type { InputNode } from '../../dstream/node.ts'
import { MillraceError } from '../../values/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { EmbeddedInput } from '../embedded-options.ts'
import { openInputFile, type InputFile } from './input-file.ts'
import { folderSource } from './folder-source.ts'
import { KeptFiles } from './kept-files.ts'
import { KeptLines } from './kept-lines.ts'
import { recordRule } from './record-rule.ts'
import { queueSource, RecordSource } from './record-source.ts'
import type { RunFacts, RunState } from '../stores/run-state.ts'

/** Inputs of a run, by stream: files that were looked at, or a standard input. */
export type OpenInputs = ReadonlyMap<string, InputFile | { readonly stdin: AsyncIterable<Uint8Array> }>

/** Looks at the inputs of a run before anything is begun. */
export async function openInputs(plan: Plan, inputs: Readonly<Record<string, EmbeddedInput>>): Promise<OpenInputs> {
  const opened = new Map<string, InputFile | { readonly stdin: AsyncIterable<Uint8Array> }>()
  for (const [stream, input] of Object.entries(inputs)) {
    const node = plan.inputs.find((one) => one.stream === stream)
    if (node === undefined)
      throw new MillraceError(
        'USAGE',
        `there is no stream '${stream}' in job '${plan.name}'; it reads ${plan.inputs.map((one) => `'${one.stream}'`).join(', ')}`,
      )
    if (node.queue !== undefined)
      throw new MillraceError(
        'USAGE',
        `stream '${stream}' of job '${plan.name}' is a queueStream: what it holds stands in the program, and it takes no --input`,
      )
    if (node.files !== undefined)
      throw new MillraceError(
        'USAGE',
        `stream '${stream}' of job '${plan.name}' is a ${node.kind}: it reads the folder ${node.files.directory}, which stands in the program, and takes no --input`,
      )
    opened.set(stream, 'stdin' in input ? input : await openInputFile(input.path))
  }
  const [own, others] = [plan.inputs.filter(hasOwnInput), plan.inputs.filter((node) => !hasOwnInput(node))]
  const silent = others.filter((node) => !opened.has(node.stream)).map((node) => node.stream)
  if (silent.length > 0 && opened.size === 0 && own.length === 0) {
    throw new MillraceError(
      'USAGE',
      `job '${plan.name}' reads ${silent.map((stream) => `'${stream}'`).join(', ')}: say from where with --input ${silent.length === 1 ? 'FILE' : 'NAME=FILE'}, or --input - for the standard input`,
    )
  }
  return opened
}

/** What it holds stands in the program, or in a folder that the program names. */
function hasOwnInput({ queue, files }: InputNode): boolean {
  return queue !== undefined || files !== undefined
}

export interface SourceOptions {
  readonly facts: RunFacts
  readonly state: RunState
  readonly db: DatabaseSync
  /** Whether folders are watched for ever, or taken as they are now. */
  readonly watch: boolean
  readonly warn: (text: string) => void
}

/** Returns the sources of a run, in the order of the program's streams. */
export function openSources(plan: Plan, inputs: OpenInputs, { facts, state, db, watch, warn }: SourceOptions): readonly RecordSource[] {
  const { startMs, rate, keyField, timeField, timeScale } = facts
  const { intervalMs } = plan
  const seen = new Set<string>()
  return plan.inputs.flatMap(({ stream, queue, files }) => {
    // A stream that a program reads twice has its records once.
    if (seen.has(stream)) return []
    seen.add(stream)
    if (queue !== undefined) return [queueSource(stream, queue, { startMs, intervalMs })]
    if (files !== undefined) {
      const rule = recordRule({ startMs, intervalMs, rate, keyField: keyField ?? undefined, timeField: undefined, timeScale })
      return [folderSource(stream, files, { intervalMs, createdMs: facts.createdMs ?? startMs, watch, rule, kept: new KeptFiles(db, stream), warn })]
    }
    const input = inputs.get(stream)
    if (input === undefined) return []
    const rule = recordRule({ startMs, intervalMs, rate, keyField: keyField ?? undefined, timeField: timeField ?? undefined, timeScale })
    return [new RecordSource(stream, 'stdin' in input ? new KeptLines(db, stream, () => state.setWhole(stream)).read(input.stdin) : input.lines(), rule)]
  })
}
