import { MillraceError } from '../values/errors.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { InputNode, OutputNode } from './node.ts'

/** Collects what a program registers while its build function runs. */
export class GraphBuilder {
  readonly intervalMs: number
  readonly inputs: InputNode[] = []
  readonly outputs: OutputNode[] = []
  readonly tables: StaticTable[] = []
  readonly #job: string
  readonly #closing: (() => void)[] = []
  #sealed = false

  constructor(job: string, intervalMs: number) {
    this.#job = job
    this.intervalMs = intervalMs
  }

  /** Throws when the program is built already: `what` wants to add to it. */
  assertOpen(what: string): void {
    if (this.#sealed)
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
    this.#sealed = true
  }

  addInput(input: InputNode): InputNode {
    this.assertOpen(input.kind)
    if (this.inputs.some(({ stream }) => stream === input.stream))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${input.kind}: the stream '${input.stream}' is read already; a stream is read once: keep the DStream in a variable and use it again`,
      )
    this.inputs.push(input)
    return input
  }

  addTable(table: StaticTable): void {
    this.assertOpen('staticTable')
    if (this.tables.some(({ name }) => name === table.name))
      throw new MillraceError('BAD_PROGRAM', `staticTable: there is a table '${table.name}' already; its content is remembered by name: take another name`)
    this.tables.push(table)
  }

  addOutput(node: OutputNode): void {
    this.assertOpen(node.kind)
    const directory = directoryOf(node)
    if (directory !== undefined && this.outputs.some((other) => directoryOf(other) === directory))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${node.kind}: another output writes to '${directory}' already; both would write the same files: take another prefix or suffix`,
      )
    this.outputs.push(node)
  }
}

function directoryOf({ output }: OutputNode): string | undefined {
  if (output.kind === 'print' || output.kind === 'foreach') return undefined
  return `${output.prefix}-<TIME_IN_MS>${output.suffix === '' ? '' : `.${output.suffix}`}`
}
