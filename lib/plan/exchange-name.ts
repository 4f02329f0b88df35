// How blocks are addressed. A block outlives the program that wrote it, so its exchange's uid says all that another program needs to find its readers.
import type { Node } from '../dstream/node.ts'
import { kindOf } from './name-nodes.ts'
import type { Exchange, StageNode } from './plan.ts'

/** A reader of a block, as the block names it: `lasting` is its kind, and of one without a uid of its own `kind#i/n`, the how-manieth of its kind it is, or of files `kind#prefix`. */
export type ReaderName = readonly [uid: string, input: number, lasting: string]

/** What an exchange's uid says. */
export interface ExchangeName {
  /** Rows are combined per key, for their only reader. */
  readonly combined: boolean
  readonly readers: readonly ReaderName[]
  readonly spread: string
  readonly partitions: number
  readonly level: number
}

/** Names an operator so that what is put before it changes nothing. */
export function lastingNames(nodes: readonly Node[]): ReadonlyMap<Node, string> {
  const names = new Map<Node, string>()
  for (const node of nodes) {
    if (node.uid !== undefined) names.set(node, kindOf(node))
    // Files have a place of their own: whatever else changes, who writes there is the same output.
    else if (node.shape === 'output' && node.output.kind === 'files') names.set(node, `${node.kind}#${node.output.prefix}.${node.output.suffix}`)
  }
  const unnamed = Map.groupBy(
    nodes.filter((node) => !names.has(node)),
    (node) => kindOf(node),
  )
  for (const [kind, all] of unnamed) all.forEach((node, i) => names.set(node, `${kind}#${i + 1}/${all.length}`))
  return names
}

/** Whether two names are of the same operator: the uid is, or neither had one of its own and they are as manieth of their kind. */
export function isSameOperator(a: readonly [uid: string, lasting: string], b: readonly [uid: string, lasting: string]): boolean {
  return a[0] === b[0] || (a[1] === b[1] && a[1].includes('#'))
}

/** Returns how the readers of an exchange are named. */
export function readerNames(readers: readonly StageNode[], nameOf: (node: Node) => readonly [uid: string, lasting: string]): readonly ReaderName[] {
  return readers.map(({ node, input }) => {
    const [uid, lasting] = nameOf(node)
    return [uid, input, lasting]
  })
}

export function exchangeUid({ combined, readers, spread, partitions, level }: ExchangeName): string {
  return JSON.stringify([readers, combined ? 1 : 0, spread, partitions, level])
}

/** Returns what an exchange's uid says; undefined for one of before version 0.2, which names whose rows they are. */
export function parseExchangeUid(uid: string): ExchangeName | undefined {
  if (!uid.startsWith('[')) return undefined
  const [readers, combined, spread, partitions, level] = JSON.parse(uid) as [readonly ReaderName[], number, string, number, number]
  return { readers, combined: combined === 1, spread, partitions, level }
}

/** The stage whose tasks read it, in the program that wrote it. */
export function consumerOf(uid: string): string {
  const [, partitions, level] = /(\d+)@(\d+)$/.exec(uid) ?? []
  const name = parseExchangeUid(uid)
  return stageName(name?.level ?? Number(level), name?.partitions ?? Number(partitions))
}

export function stageName(level: number, partitions: number): string {
  return `stage-${level}x${partitions}`
}

/** The rows of a combined exchange are input under its uid alone. Rows for one of several readers, and those that are not combined yet, are input under keys of their own. */
export function inputKey({ uid }: Pick<Exchange, 'uid'>, reader: number | 'plain' | undefined): string {
  return reader === undefined ? uid : `${uid}\n${reader}`
}
