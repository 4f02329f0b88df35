import { decodePlot, encodePlot, mergePlots, type Plot } from '../../output/plot.ts'
import { plotBytes } from '../../plan/plot-bytes.ts'
import type { Batch } from '../entries/batch.ts'
import { PLOTS_LOG, taskLog } from '../entries/log-names.ts'
import type { Invocation } from '../invocation.ts'
import { decide, must } from '../logs/read-log.ts'
import { readBytes } from '../logs/spill.ts'

/** Puts what a batch shows on the dashboard into entry k of its log, of all partitions of the stages that plot: so history costs a small read per batch. */
export async function closePlots(run: Invocation, batch: Batch, stages: readonly string[]): Promise<void> {
  const tasks = batch.entry.tasks
    .filter(([stage]) => stages.includes(stage))
    .flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ log: taskLog(stage, partition), n: batch.number })))
  const entries = await must(run, 'task', tasks)
  const outputs = entries.flatMap((entry) => entry.outputs.filter(({ kind }) => kind === 'plot'))
  const parts = await Promise.all(outputs.map(async ({ operator, data }) => ({ operator, plot: decodePlot(await readBytes(run, data)) })))
  const bytes = plotBytes(run.plan)
  const plots = [...Map.groupBy(parts, ({ operator }) => operator).values()].flatMap(
    (own) =>
      mergePlots(
        own.map(({ plot }) => plot),
        bytes,
      ) ?? [],
  )
  for (const plot of plots) warn(run, batch, plot)
  const { dashboard } = run.plan
  await decide(
    run,
    { log: PLOTS_LOG, n: batch.number },
    { kind: 'plots', deploy: run.deploy, id: run.newId(), at: run.now(), time: batch.entry.time, plots: plots.map(encodePlot), dashboard: dashboard ?? null },
  )
}

/** Bars are the largest ones: that there are more is as it should be. */
function warn(run: Invocation, batch: Batch, { title, kind, y, leftOut, unfit, rows }: Plot): void {
  const about = { event: 'warning', batch: batch.number, time: batch.entry.time }
  if (leftOut > 0 && (kind === 'line' || kind === 'table'))
    run.observe({
      ...about,
      message: `plot '${title}' shows ${rows.length} rows, and ${leftOut} were too many for it: plot fewer, such as the largest, or of each key one`,
    })
  if (unfit > 0)
    run.observe({ ...about, message: `plot '${title}' left out ${unfit} rows without a number in '${y}' or in its x: map them to rows that have one` })
}
