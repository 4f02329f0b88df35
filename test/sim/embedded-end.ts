// An embedded run whose bounded batches need more time than its input has: does it end with all of it?
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runEmbedded } from '../../lib/embedded/index.ts'
import { defineJob, seconds, text } from '../../lib/index.ts'

const LINES: readonly string[] = Array.from({ length: 25_000 }, (_, i) => String(i))

/** Returns what is wrong. */
export async function checkEmbeddedEnd(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-end-'))
  try {
    const path = join(folder, 'in.txt')
    writeFileSync(path, LINES.map((line) => `${line}\n`).join(''))
    const job = defineJob({ name: 'copy', batchInterval: seconds(5), maxRatePerPartition: 1_000 }, (ssc) => {
      ssc.kinesisStream('in', text()).saveAsTextFiles('out')
    })
    const output = join(folder, 'out')
    await runEmbedded(job, { startMs: 1_770_000_000_000, inputs: { in: { path } }, rate: 10_000, state: join(folder, 'state'), output })
    const out = readdirSync(output, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes('part-'))
      .flatMap((name) => readFileSync(join(output, name), 'utf8').split('\n').slice(0, -1))
    return out.toSorted().join() === LINES.toSorted().join() ? [] : [`the run ended with ${out.length} of ${LINES.length} lines put out`]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
