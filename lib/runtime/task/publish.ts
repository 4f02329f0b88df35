import { decodeRows } from '../../codec/rows.ts'
import { OperatorError } from '../../values/errors.ts'
import { operatorError } from '../../plan/draft-letters.ts'
import { Rdd } from '../../rdd/rdd.ts'
import { time } from '../../values/time.ts'
import type { Batch } from '../entries/batch.ts'
import type { Output, TaskEntry } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import { fileName, partName, taskName } from '../entries/log-names.ts'
import { DEAD, DIRECTORY, having, PART, PLOT, REMOVED, SKIPPED, TABLE, toldOutputs } from '../entries/told-outputs.ts'
import { readBytes, wholeObject } from '../logs/spill.ts'
import { outputOf } from './plan-of-batch.ts'
import { closePlots } from './plots.ts'
import { checkTables, closeTables } from './tables.ts'
import { writeTo } from './write-to.ts'

export interface PublishRequest {
  readonly stage: string
  readonly partition: number
  readonly entry: TaskEntry
  /** foreachRDDs that are not called, on command. */
  readonly skip: ReadonlySet<string>
}

/** Applies the outputs of a committed entry, whoever wrote it. Writing a file twice makes no difference. Returns the names for progress. */
export async function publish(run: Invocation, batch: Batch, { stage, partition, entry, skip }: PublishRequest): Promise<readonly string[]> {
  const names: string[] = []
  await checkTables(run, batch, entry.outputs)
  const parts = entry.outputs.filter(({ kind, rows }) => kind === 'file' && rows > 0)
  await Promise.all(parts.map((output) => writePart(run, partition, output)))
  for (const output of entry.outputs) {
    if (output.file !== undefined) {
      if (output.file === '') names.push(`${TABLE}${stage} ${output.directory}`)
    } else if (output.kind === 'file') {
      names.push(`${DIRECTORY}${output.directory}`)
      if (output.rows > 0) names.push(`${PART}${output.directory}/${partName(partition)} ${output.rows}`)
    } else if (output.kind === 'plot') {
      names.push(`${PLOT}${stage}`)
    } else if (output.kind === 'print') {
      run.print(Buffer.from(await readBytes(run, output.data)).toString())
    } else if (skip.has(output.operator)) {
      names.push(`${SKIPPED}${output.operator}`)
    } else {
      await callForeach(run, batch, { stage, partition, output })
    }
  }
  if (entry.deadLetters !== null) names.push(`${DEAD}${taskName(stage, partition)} ${entry.deadLetters.count}`)
  for (const [operator, rows] of Object.entries(entry.removed ?? {})) names.push(`${REMOVED}${taskName(stage, partition)} ${operator} ${rows}`)
  for (const operator of entry.skipped) names.push(`${SKIPPED}${operator}`)
  return names
}

async function writePart(run: Invocation, partition: number, output: Output): Promise<void> {
  const key = `${run.settings.outputPrefix}${fileName(output, partition)}`
  const whole = wholeObject(output.data)
  if (whole === undefined) await run.ports.objects.put(key, await readBytes(run, output.data))
  else await run.ports.objects.copy(whole, key)
  count(run, 'objectPuts')
}

async function callForeach(
  run: Invocation,
  batch: Batch,
  { stage, partition, output }: { readonly stage: string; readonly partition: number; readonly output: Output },
): Promise<void> {
  const node = outputOf(run.plan, batch.entry, output.operator)
  // A newer program may have dropped it since the entry was committed.
  if (node?.output.kind !== 'foreach' && node?.output.kind !== 'sink') return count(run, 'foreachGone')
  const data = await readBytes(run, output.data)
  const rows = data.length === 0 ? [] : decodeRows(data)
  run.observe({ event: 'foreachRDD', batch: batch.number, stage, partition, operator: output.operator })
  try {
    const id = `${run.plan.name}/${output.operator}/${batch.entry.time}/${partition}`
    if (node.output.kind === 'sink') await writeTo(node.output.sink, rows, { run, batch, stage, partition, operator: output.operator, id })
    else await node.output.call(new Rdd(rows), { time: time(batch.entry.time), partition, id })
  } catch (error) {
    throw error instanceof OperatorError ? error : operatorError(output.operator, error, `(${node.kind}) threw in batch ${batch.entry.time}`)
  }
}

/** Closes the output directories of a batch: each gets a list of its parts. */
export async function writeSuccess(run: Invocation, batch: Batch, names: readonly string[]): Promise<void> {
  const parts = having(names, PART).map((part) => ({ name: part.slice(0, part.lastIndexOf(' ')), rows: Number(part.slice(part.lastIndexOf(' ') + 1)) }))
  const { deadLetters, skipped } = toldOutputs(names)
  const stages = having(names, PLOT)
  if (stages.length > 0) await closePlots(run, batch, stages)
  await closeTables(run, batch, having(names, TABLE), { batch: batch.number, time: batch.entry.time, deadLetters, skipped })
  await Promise.all(
    having(names, DIRECTORY).map(async (directory) => {
      const own = parts.filter((part) => part.name.startsWith(`${directory}/`)).map(({ name, rows }) => ({ name: name.slice(directory.length + 1), rows }))
      const manifest = { batch: batch.number, time: batch.entry.time, parts: own, deadLetters, skipped }
      await run.ports.objects.put(`${run.settings.outputPrefix}${directory}/_SUCCESS`, Buffer.from(`${JSON.stringify(manifest)}\n`))
      count(run, 'objectPuts')
    }),
  )
}
