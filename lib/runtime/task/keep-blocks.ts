import type { DeadLetter, KeptBlock, TaskDraft } from '../../plan/compute.ts'
import { describeError } from '../../values/describe-error.ts'
import { DEAD_PREFIX, objectName } from '../entries/log-names.ts'
import { count, type Invocation } from '../invocation.ts'
import { wholeObject } from '../logs/spill.ts'
import type { LogKey } from '../ports/log.ts'
import type { LeftOut, SizedBlock } from './check-task-size.ts'

export interface Keeping {
  readonly key: LogKey
  readonly id: string
  readonly time: number
  readonly left: readonly LeftOut<SizedBlock>[]
}

/** Returns a dead letter for what each skipped operator could not hold. It points to copies of the blocks, undecoded: what they are copied from expires with the log. */
export async function keepBlocks(run: Invocation, { key, id, time, left }: Keeping): Promise<readonly DeadLetter[]> {
  const folder = `${objectName(DEAD_PREFIX, run.plan.name, key, id)}.blocks/`
  const copies = new Map<string, string>()
  const copyOf = async (object: string): Promise<string> => {
    const name = copies.get(object) ?? `${folder}${copies.size}`
    if (!copies.has(object)) {
      copies.set(object, name)
      await run.ports.objects.copy(object, name)
      count(run, 'objectPuts')
    }
    return name
  }
  const letters: DeadLetter[] = []
  for (const [i, { error, blocks }] of left.entries()) {
    const kept: KeptBlock[] = []
    // What entries hold themselves is small: it goes into an object together.
    const inline: Uint8Array[] = []
    const inlineName = `${folder}inline-${i}`
    let offset = 0
    for (const { block } of blocks) {
      const { data, rows } = block
      if ('inline' in data) {
        kept.push({ key: inlineName, offset, length: data.inline.length, rows, whole: true })
        inline.push(data.inline)
        offset += data.inline.length
      } else kept.push({ key: await copyOf(data.key), offset: data.offset, length: data.length, rows, whole: wholeObject(data) !== undefined })
    }
    if (inline.length > 0) {
      await run.ports.objects.put(inlineName, Buffer.concat(inline))
      count(run, 'objectPuts')
    }
    letters.push({ operator: error.operator, time, error: describeError(error), blocks: kept })
  }
  return letters
}

/** What a draft has besides: the letters, and that their operators were skipped. */
export function withLetters(draft: TaskDraft, letters: readonly DeadLetter[]): Pick<TaskDraft, 'deadLetters' | 'skipped'> {
  return {
    deadLetters: [...draft.deadLetters, ...letters],
    skipped: [...new Set([...draft.skipped, ...letters.map(({ operator }) => operator)])].sort(),
  }
}
