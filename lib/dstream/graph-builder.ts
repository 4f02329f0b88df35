import { MillraceError } from '../values/errors.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { StreamingListener } from '../program/streaming-listener.ts'
import { checkDashboard, checkPlots, type Dashboard } from './dashboard.ts'
import type { FilesOutput, InputNode, OutputNode, PlotOutput } from './node.ts'
import type { Sink } from './sink.ts'

/** Collects what a program registers while its build function runs. */
export class GraphBuilder {
  readonly intervalMs: number
  readonly inputs: InputNode[] = []
  readonly outputs: OutputNode[] = []
  readonly tables: StaticTable[] = []
  readonly listeners: StreamingListener[] = []
  dashboard: Dashboard | undefined
  readonly #job: string
  readonly #closing: (() => void)[] = []
  #sealed = false

  constructor(job: string, intervalMs: number) {
    this.#job = job
    this.intervalMs = intervalMs
  }

  /** Throws when the program is built already: `what` wants to add to it. */
  assertOpen(what: string): void {
    if (!import.meta.inReceive && this.#sealed)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${what}: adding new inputs, transformations, and output operations after starting or stopping a context is not supported; do it in the function given to defineJob ('${this.#job}'), before it returns`,
      )
  }

  /** Called when the program is built, while things can still be added. */
  beforeSeal(close: () => void): void {
    this.#closing.push(close)
  }

  /** From here on nothing can be added. */
  seal(): void {
    for (const close of this.#closing) close()
    if (!import.meta.inReceive && this.dashboard !== undefined) checkPlots(this.dashboard, this.outputs)
    this.#sealed = true
  }

  addInput(input: InputNode): InputNode {
    this.assertOpen(input.kind)
    if (!import.meta.inReceive && this.inputs.some(({ stream }) => stream === input.stream))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${input.kind}: the stream '${input.stream}' is read already; a stream is read once: keep the DStream in a variable and use it again`,
      )
    this.inputs.push(input)
    return input
  }

  addTable(table: StaticTable): void {
    this.assertOpen('staticTable')
    if (!import.meta.inReceive && this.tables.some(({ name }) => name === table.name))
      throw new MillraceError('BAD_PROGRAM', `staticTable: there is a table '${table.name}' already; its content is remembered by name: take another name`)
    this.tables.push(table)
  }

  setDashboard(dashboard: Dashboard): void {
    if (!import.meta.inReceive) {
      this.assertOpen('dashboard')
      checkDashboard(dashboard.title, dashboard.rows)
      if (this.dashboard !== undefined)
        throw new MillraceError(
          'BAD_PROGRAM',
          `dashboard '${dashboard.title}': there is a dashboard already, '${this.dashboard.title}'; a program has one: put all rows on it`,
        )
      this.dashboard = dashboard
    }
  }

  addOutput(node: OutputNode): void {
    this.assertOpen(node.kind)
    if (!import.meta.inReceive && node.output.kind === 'files') assertOwnFiles(node.kind, node.output, this.outputs)
    if (!import.meta.inReceive && node.output.kind === 'plot') assertOwnTitle(node.output, this.outputs)
    if (!import.meta.inReceive && node.output.kind === 'sink') assertOwnSink(node.output.sink, this.outputs)
    this.outputs.push(node)
  }
}

function assertOwnTitle({ shape: { title } }: PlotOutput, outputs: readonly OutputNode[]): void {
  if (outputs.some(({ output }) => output.kind === 'plot' && output.shape.title === title))
    throw new MillraceError('BAD_PROGRAM', `plot: there is a plot '${title}' already; a plot is known by its title: take another`)
}

function assertOwnFiles(operator: string, own: FilesOutput, outputs: readonly OutputNode[]): void {
  for (const { output } of outputs) {
    if (output.kind !== 'files') continue
    if (filesOf(output) === filesOf(own))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${operator}: another output writes to '${filesOf(own)}' already; both would write the same files: take another prefix or suffix`,
      )
    const [one, other] = [own, output].toSorted((a, b) => a.prefix.length - b.prefix.length) as [FilesOutput, FilesOutput]
    if (isTable(one) && other.prefix.startsWith(`${one.prefix}/`))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${operator}: '${other.prefix}' lies in '${one.prefix}', the folder of another output's table, whose readers would count the files of both: take a prefix beside it`,
      )
  }
}

function assertOwnSink(own: Sink<unknown>, outputs: readonly OutputNode[]): void {
  for (const { output } of outputs) {
    if (output.kind !== 'sink') continue
    if (output.sink.name === own.name)
      throw new MillraceError(
        'BAD_PROGRAM',
        `saveTo: another output writes to a sink '${own.name}' already; what a sink has written is remembered by its name: give one of them another with \`name\``,
      )
    if (own.upserts !== undefined && output.sink.upserts === own.upserts)
      throw new MillraceError(
        'BAD_PROGRAM',
        `saveTo: '${output.sink.name}' and '${own.name}' both overwrite ${own.upserts} by key; of rows with one key the later batch wins, and these two have the same batches: union the streams, or write to two`,
      )
  }
}

function filesOf(output: FilesOutput): string {
  const { prefix, suffix, format } = output
  return isTable(output) ? `${prefix}/<TIME>-<partition>.${format.suffix}` : `${prefix}-<TIME_IN_MS>${suffix === '' ? '' : `.${suffix}`}`
}

/** Whether the files of all batches lie in one folder, as tables do; else each batch has one of its own, as in Spark. */
export function isTable({ layout, partitionBy }: Pick<FilesOutput, 'layout' | 'partitionBy'>): boolean {
  return layout !== undefined || partitionBy !== undefined
}
